// Bundles assets/ into portal/static/<digest>/<name> and writes portal/static/manifest.json ({"customer.css": "<digest>/customer.css", …}).
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { iconNames, sprite } from './icons.mjs'
import { surfaceCss } from './css.mjs'
import { templatesOf } from './templates.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const out = join(root, 'portal/static')
const TARGET = ['chrome100', 'safari15.4', 'firefox100']
const SURFACES = ['customer', 'desk']
const KEEP = 24 * 3600 * 1000 // a server that started before this build goes on finding its files

const manifest = {}
const sizes = []

function publish(name, bytes) {
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
  mkdirSync(join(out, digest), { recursive: true })
  writeFileSync(join(out, digest, name), bytes)
  manifest[name] = `${digest}/${name}`
  sizes.push([name, gzipSync(bytes, { level: 9 }).length])
  return `../${digest}/${name}`
}

async function bundle(entry, extra = {}) {
  const result = await build({
    entryPoints: [join(root, entry)], bundle: true, minify: true, write: false, outdir: out, format: 'esm', charset: 'utf8',
    target: TARGET, legalComments: 'none', logLevel: 'warning', ...extra,
  })
  return result.outputFiles[0].contents
}

async function minifyCss(text) {
  const result = await build({
    stdin: { contents: text, loader: 'css', resolveDir: root }, bundle: true, minify: true, write: false, target: TARGET,
    external: ['../*'], charset: 'utf8', legalComments: 'none', logLevel: 'warning',
  })
  return result.outputFiles[0].contents
}

async function surface(name) {
  const css = await surfaceCss({ root, name, templates: templatesOf(root, name), publish })
  publish(`${name}.css`, await minifyCss(css))
  publish(`${name}.js`, await bundle(`assets/js/${name}.js`))
}

async function viewer() {
  publish('viewer.js', await bundle('assets/js/viewer.js'))
  publish('viewer.css', await bundle('assets/css/viewer.css', { loader: { '.woff2': 'empty', '.svg': 'empty' } }))
}

function icons() {
  const names = iconNames(root)
  publish('icons.svg', Buffer.from(sprite(root, names)))
  publish('icons.json', Buffer.from(JSON.stringify(names)))
}

function prune() {
  const current = new Set(Object.values(manifest).map((path) => path.split('/')[0]))
  for (const entry of readdirSync(out, { withFileTypes: true })) {
    const path = join(out, entry.name)
    if (entry.isDirectory() && !current.has(entry.name) && Date.now() - statSync(path).mtimeMs > KEEP) rmSync(path, { recursive: true })
  }
}

const started = performance.now()
mkdirSync(out, { recursive: true })
icons()
await Promise.all([...SURFACES.map(surface), viewer()])
for (const file of readdirSync(join(root, 'assets/static'))) publish(file, readFileSync(join(root, 'assets/static', file)))
const fresh = join(out, `manifest.${process.pid}.json`)
writeFileSync(fresh, JSON.stringify(manifest, Object.keys(manifest).sort(), 2))
renameSync(fresh, join(out, 'manifest.json'))
prune()

for (const [name, gzip] of sizes.filter(([name]) => /\.(js|css)$|^icons\.svg$/.test(name)).sort()) {
  console.log(`${name.padEnd(14)} ${(gzip / 1024).toFixed(1).padStart(6)} kB gzip`)
}
console.log(`${sizes.length} files in ${((performance.now() - started) / 1000).toFixed(1)} s`)
