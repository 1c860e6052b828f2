// <div class="diagram" data-diagram="URL of the xml" data-state="URL of the json">: the diagram with the path taken and where it waits.
// State: {"taken": [node or flow ids], "here": [{"node": id, "badge": text}], "incidents": [ids], "badges": [{"node": id, "text": text}], "names": {id: name in the reader's language}}
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer'

const LETTERS = { defaultStyle: { fontSize: 15, lineHeight: 1.25 }, externalStyle: { fontSize: 14, lineHeight: 1.25 } }
const READABLE = 0.76
const FIT = { top: 30, right: 30, bottom: 30, left: 30 }
const ZOOM = { '+': 1.25, '=': 1.25, '-': 0.8, _: 0.8 }
const PAN = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }

const viewers = new WeakMap()

async function show(box) {
  if (viewers.has(box)) return
  viewers.set(box, null)
  try {
    const [xml, state] = await Promise.all([load(box.dataset.diagram, 'text'), box.dataset.state ? load(box.dataset.state, 'json') : {}])
    box.replaceChildren()
    const viewer = new NavigatedViewer({ container: box, bpmnRenderer: colours(box), textRenderer: LETTERS })
    viewers.set(box, viewer)
    await viewer.importXML(prepared(xml, state.names))
    paint(viewer, state)
    focusOn(viewer, state)
    controls(box, viewer)
    box.dataset.ready = 'true'
  } catch (error) {
    box.textContent = box.dataset.failed ?? String(error)
    box.dataset.ready = 'failed'
  }
}

async function load(url, kind) {
  const response = await fetch(url, { headers: { Accept: kind === 'json' ? 'application/json' : 'application/xml' } })
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  return response[kind]()
}

/** The diagram with names in the reader's language and its labels as wide as our larger letters need. */
function prepared(xml, names = {}) {
  const tree = new DOMParser().parseFromString(xml, 'application/xml')
  for (const element of tree.querySelectorAll('[id]')) if (names[element.id]) element.setAttribute('name', names[element.id])
  for (const bounds of tree.querySelectorAll('BPMNLabel > Bounds')) widen(bounds)
  return new XMLSerializer().serializeToString(tree)
}

function widen(bounds) {
  const [x, width] = ['x', 'width'].map((name) => Number(bounds.getAttribute(name)))
  const wanted = Math.max(width * 1.4, 60)
  bounds.setAttribute('x', x - (wanted - width) / 2)
  bounds.setAttribute('width', wanted)
}

function colours(box) {
  const value = (name) => getComputedStyle(box).getPropertyValue(name).trim()
  return { defaultFillColor: value('--p-surface'), defaultStrokeColor: value('--p-ink-2'), defaultLabelColor: value('--p-ink') }
}

function paint(viewer, { taken = [], here = [], incidents = [], badges = [] }) {
  const canvas = viewer.get('canvas')
  const registry = viewer.get('elementRegistry')
  const reached = new Set([...taken, ...incidents, ...here.map(({ node }) => node)])
  const mark = (id, name) => registry.get(id) && canvas.addMarker(id, name)
  if (reached.size) registry.filter(isFlowElement).filter(({ id }) => !reached.has(id)).forEach(({ id }) => mark(id, 'is-future'))
  taken.forEach((id) => mark(id, /SubProcess/.test(registry.get(id)?.type) ? 'is-frame' : 'is-taken'))
  here.forEach(({ node }) => mark(node, 'is-here'))
  incidents.forEach((id) => mark(id, 'is-incident'))
  badges.forEach(({ node, text }) => badge(viewer, node, text, 'd-badge'))
  here.forEach(({ node, badge: text }) => text && badge(viewer, node, text, 'd-badge d-here'))
}

function isFlowElement({ type, parent, labelTarget }) {
  return parent && !labelTarget && !/Participant|Lane|SubProcess|Process$|Label/.test(type)
}

function badge(viewer, id, text, classes) {
  const element = viewer.get('elementRegistry').get(id)
  if (!element) return
  const html = document.createElement('div')
  html.className = classes
  html.textContent = text
  viewer.get('overlays').add(id, { position: { top: -14, left: (element.width ?? 0) / 2 }, html, scale: false })
}

/** Everything when it can be read; else the region around where it waits, at a size at which names can be read. */
function focusOn(viewer, { here = [] }) {
  const canvas = viewer.get('canvas')
  canvas.zoom('fit-viewport', 'auto')
  const registry = viewer.get('elementRegistry')
  const node = here.map(({ node: id }) => registry.get(id)).find(Boolean)
  if (canvas.zoom() >= READABLE) return
  const { outer } = canvas.viewbox()
  const inner = canvas.viewbox().inner
  const width = outer.width / READABLE
  const height = outer.height / READABLE
  const x = node ? clamp(node.x + node.width / 2 - width * 0.6, inner.x - FIT.left, inner.x + inner.width + FIT.right - width) : inner.x - FIT.left
  const centre = height > inner.height ? inner.y + inner.height / 2 : (node ? node.y + node.height / 2 : inner.y + height / 2)
  canvas.viewbox({ x, y: centre - height / 2, width, height })
}

const clamp = (value, low, high) => Math.max(low, Math.min(value, Math.max(low, high)))

function controls(box, viewer) {
  const zoom = (factor) => viewer.get('canvas').zoom(viewer.get('canvas').zoom() * factor, 'auto')
  box.tabIndex = 0
  box.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (ZOOM[event.key]) zoom(ZOOM[event.key])
    else if (PAN[event.key]) viewer.get('canvas').scroll({ dx: PAN[event.key][0], dy: PAN[event.key][1] })
    else if (event.key === '0') viewer.get('canvas').zoom('fit-viewport', 'auto')
    else return
    event.preventDefault()
    event.stopPropagation()
  })
  const tools = document.createElement('div')
  tools.className = 'diagram-tools'
  tools.append(...[['+', 1.25, 'zoomIn'], ['−', 0.8, 'zoomOut'], ['⤢', 0, 'zoomFit']].map(([text, factor, label]) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = text
    button.ariaLabel = box.dataset[label] ?? text
    button.addEventListener('click', () => (factor ? zoom(factor) : viewer.get('canvas').zoom('fit-viewport', 'auto')))
    return button
  }))
  box.append(tools)
}

function redraw(box) {
  viewers.get(box)?.destroy()
  viewers.delete(box)
  show(box)
}

const boxes = () => document.querySelectorAll('[data-diagram]')
const showAll = () => boxes().forEach(show)
const redrawAll = () => boxes().forEach(redraw)

showAll()
document.addEventListener('htmx:after:swap', showAll)
document.addEventListener('theme:changed', redrawAll)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll)
