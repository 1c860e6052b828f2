// One SVG sprite of the Tabler outline icons that templates name or that data may name (assets/icons.txt).
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { allTemplates } from './templates.mjs'

const CALL = /\b(?:icon|empty)\(\s*["']([a-z0-9-]+)["']/g
const ARGUMENT = /\bicon=["']([a-z0-9-]+)["']/g
const HYPHENATED = /["']([a-z0-9]+(?:-[a-z0-9]+)+)["']/g

/** Names in templates (`icon("x")`, `empty("x")`, `icon="x"`, any quoted hyphenated one), on diagrams (`icon="x"`) and in icons.txt. */
export function iconNames(root) {
  const listed = readFileSync(join(root, 'assets/icons.txt'), 'utf8').replace(/#.*/g, '').split(/\s+/).filter(Boolean)
  const names = new Set(listed)
  for (const { text } of allTemplates(root)) {
    for (const pattern of [CALL, ARGUMENT]) for (const [, name] of text.matchAll(pattern)) names.add(name)
    for (const [, name] of text.matchAll(HYPHENATED)) if (existsSync(iconFile(root, name))) names.add(name)
  }
  for (const text of diagrams(root)) for (const [, name] of text.matchAll(ARGUMENT)) names.add(name)
  return [...names].sort()
}

export function sprite(root, names) {
  return `<svg xmlns="http://www.w3.org/2000/svg">${names.map((name) => symbol(root, name)).join('')}</svg>`
}

function diagrams(root) {
  const folder = join(root, 'workflows')
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((name) => name.endsWith('.bpmn')).map((name) => readFileSync(join(folder, name), 'utf8'))
}

function iconFile(root, name) {
  return join(root, 'node_modules/@tabler/icons/icons/outline', `${name}.svg`)
}

function symbol(root, name) {
  const file = iconFile(root, name)
  if (!existsSync(file)) throw new Error(`No Tabler outline icon is called "${name}".`)
  const body = readFileSync(file, 'utf8').replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, '')
  const shapes = body.replace(/<path stroke="none"[^>]*>/, '').replace(/>\s+</g, '><').replace(/\s+\/>/g, '/>').trim()
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`
}
