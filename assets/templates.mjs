// Which templates belong to which side: everything reachable from pages that extend its base, and partials that nothing includes.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

const REFERENCE = /\{%-?\s*(?:extends|include|import|from)\s+([^%]+)%\}/g

export function allTemplates(root) {
  const folder = join(root, 'templates')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.html') || name.endsWith('.svg'))
    .map((name) => ({ name: name.split(sep).join('/'), text: readFileSync(join(folder, name), 'utf8') }))
}

/** Templates of one side ("customer" or "desk"), shared and stand-alone partials included. */
export function templatesOf(root, side) {
  const all = new Map(allTemplates(root).map((template) => [template.name, template]))
  const other = reachable(all, side === 'desk' ? 'base_customer.html' : 'base_desk.html')
  const own = reachable(all, `base_${side}.html`)
  return [...all.values()].filter(({ name }) => own.has(name) || !other.has(name))
}

function references({ text }) {
  return [...text.matchAll(REFERENCE)].flatMap(([, names]) => [...names.matchAll(/["']([^"']+\.(?:html|svg))["']/g)].map(([, name]) => name))
}

function reachable(all, base) {
  const found = new Set()
  const visit = (name) => {
    if (found.has(name) || !all.has(name)) return
    found.add(name)
    references(all.get(name)).forEach(visit)
  }
  for (const { name } of all.values()) if (extendsBase(all, name, base)) visit(name)
  return found
}

function extendsBase(all, name, base) {
  if (name === base) return true
  const parents = all.get(name)?.text.match(/\{%-?\s*extends\s+([^%]+)%\}/)?.[1] ?? ''
  return [...parents.matchAll(/["']([^"']+)["']/g)].some(([, parent]) => extendsBase(all, parent, base))
}
