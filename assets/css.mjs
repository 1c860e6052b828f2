// One stylesheet a side: the part of Tabler that its templates use, in a cascade layer below our own rules.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import postcss from 'postcss'
import { PurgeCSS } from 'purgecss'

const CLASS = /\.(-?[_a-zA-Z][\w-]*)/g
const EXTENDED = new Set(['form-control', 'form-select', 'form-check', 'form-check-input', 'form-check-label'])
const DARK = '[data-bs-theme=dark]'
const ALSO = { desk: ['operations.css', 'instance.css', 'migration.css', 'operate.css'] }

export async function surfaceCss({ root, name, templates, publish }) {
  const own = await ownCss(root, name)
  const tabler = imagesToFiles(withoutTablerHeader(await purged(root, templates, own)), publish)
  const layered = `@layer tabler{${tabler}}\n${own}`
  return postcss([darkWhenSystemIsDark]).process(layered, { from: undefined }).css
}

function ownCss(root, name) {
  const read = (file) => readFileSync(join(root, 'assets/css', file), 'utf8')
  return ['tokens.css', 'base.css', 'wheel.css', 'catalog.css', `${name}.css`, ...(ALSO[name] ?? [])].map(read).join('\n')
}

/** Our own component names never mix with Tabler's of the same name; only the listed form controls are built upon. */
async function purged(root, templates, own) {
  const ours = [...new Set([...own.matchAll(CLASS)].map(([, name]) => name))].filter((name) => !EXTENDED.has(name))
  const scripts = readdirSync(join(root, 'assets/js')).map((file) => readFileSync(join(root, 'assets/js', file), 'utf8'))
  const [{ css }] = await new PurgeCSS().purge({
    css: [{ raw: readFileSync(join(root, 'node_modules/@tabler/core/dist/css/tabler.css'), 'utf8') }],
    content: [
      ...templates.map(({ text }) => ({ raw: text, extension: 'html' })),
      ...scripts.map((text) => ({ raw: text, extension: 'js' })),
    ],
    extractors: [
      { extensions: ['html'], extractor: classNames },
      { extensions: ['js'], extractor: (text) => text.match(/[\w-]+/g) ?? [] },
    ],
    safelist: { standard: ['html', 'body', ':root'], greedy: [] },
    blocklist: ours, variables: true, keyframes: true, fontFace: true,
  })
  return css
}

/** Tag names and attributes from the markup, class names only from class="…" and from strings inside Jinja tags. */
export function classNames(text) {
  const tags = [...text.matchAll(/<([a-z][a-z0-9-]*)/g)].map(([, tag]) => tag)
  const attributes = [...text.matchAll(/\s([a-z][a-z-]*)=/g)].map(([, name]) => name)
  const types = [...text.matchAll(/type="([a-z-]+)"/g)].map(([, name]) => name)
  const classes = [...text.matchAll(/class=(?:"([^"]*)"|'([^']*)')/g)].flatMap(([, a, b]) => (a ?? b).match(/[\w-]+/g) ?? [])
  const jinja = [...text.matchAll(/\{[%{]([\s\S]*?)[%}]\}/g)].flatMap(([, code]) => [...code.matchAll(/["']([\w\s-]+)["']/g)])
  return [...tags, ...attributes, ...types, ...classes, ...jinja.flatMap(([, words]) => words.split(/\s+/))].filter(Boolean)
}

function withoutTablerHeader(css) {
  return css.replace(/@charset "[^"]*";/, '')
}

/** The content security policy allows pictures from our own address only, so Tabler's data: pictures become files. */
function imagesToFiles(css, publish) {
  let count = 0
  return css.replace(/url\((["']?)data:image\/svg\+xml(?:;[^,]*)?,(.*?)\1\)(?=[\s;,}])/g, (_, quote, data) => {
    const svg = /%3c/i.test(data) ? decodeURIComponent(data) : data
    return `url("${publish(`picture-${count++}.svg`, Buffer.from(svg))}")`
  })
}

/** data-bs-theme="auto" follows the system without a script: repeat every dark rule under a media query. */
const darkWhenSystemIsDark = {
  postcssPlugin: 'dark-when-system-is-dark',
  OnceExit(sheet) {
    sheet.walkRules((rule) => {
      const selectors = rule.selectors.filter((one) => one.includes(DARK))
      if (!selectors.length || rule.parent.name === 'keyframes') return
      const copy = rule.clone({ selectors: selectors.map((one) => one.replaceAll(DARK, '[data-bs-theme=auto]')) })
      const media = postcss.atRule({ name: 'media', params: '(prefers-color-scheme:dark)' })
      media.append(copy)
      rule.after(media)
    })
  },
}
