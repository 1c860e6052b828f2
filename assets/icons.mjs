// One SVG sprite of the Tabler outline icons that templates name or that data may name (assets/icons.txt).
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allTemplates } from './templates.mjs'

const CALL = /\bicon\(\s*["']([a-z0-9-]+)["']/g
const ARGUMENT = /\bicon=["']([a-z0-9-]+)["']/g

/** Names used by `icon("x")` and `icon="x"` in templates, plus those listed in icons.txt for names that come from data. */
export function iconNames(root) {
  const listed = readFileSync(join(root, 'assets/icons.txt'), 'utf8').replace(/#.*/g, '').split(/\s+/).filter(Boolean)
  const names = new Set(listed)
  for (const { text } of allTemplates(root)) {
    for (const pattern of [CALL, ARGUMENT]) for (const [, name] of text.matchAll(pattern)) names.add(name)
  }
  return [...names].sort()
}

export function sprite(root, names) {
  return `<svg xmlns="http://www.w3.org/2000/svg">${names.map((name) => symbol(root, name)).join('')}</svg>`
}

function symbol(root, name) {
  const file = join(root, 'node_modules/@tabler/icons/icons/outline', `${name}.svg`)
  if (!existsSync(file)) throw new Error(`No Tabler outline icon is called "${name}".`)
  const body = readFileSync(file, 'utf8').replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, '')
  const shapes = body.replace(/<path stroke="none"[^>]*>/, '').replace(/>\s+</g, '><').replace(/\s+\/>/g, '/>').trim()
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`
}
