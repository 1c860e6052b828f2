// <div class="diagram" data-diagram="URL of the xml" data-state="URL of the json">: the diagram with the path taken and where it waits.
// data-state-in="id of an element" takes the state from that element's data-state instead, and paints anew whenever it has changed.
// State: {"taken": [node or flow ids], "here": [{"node": id, "badge": text}], "incidents": [ids], "names": {id: name in the reader's language},
//   "badges": [{"node": node or flow id, "text": text, "tone": "" | "count" | "strong" | "wait" | "stop" | "good"}], "heat": {node id: 1 to 3},
//   "flows": {flow id: 1 to 4 (how thick)}, "changes": {node id: "good" | "wait"}, "choices": {node id: what it is, said aloud},
//   "selected": id, "focus": the node to begin at}. A choice that is clicked, or Enter on it, is the click on the page's <a data-node="its id">.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer'

const LETTERS = { defaultStyle: { fontSize: 15, lineHeight: 1.25 }, externalStyle: { fontSize: 14, lineHeight: 1.25 } }
const READABLE = 0.76
const FIT = { top: 30, right: 30, bottom: 30, left: 30 }
const ZOOM = { '+': 1.25, '=': 1.25, '-': 0.8, _: 0.8 }
const PAN = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }

const HEAT = { 1: 'is-heat-1', 2: 'is-heat-2', 3: 'is-heat-3' }
const THICK = { 1: 'is-flow-1', 2: 'is-flow-2', 3: 'is-flow-3', 4: 'is-flow-4' }
const CHANGES = { good: 'is-better', wait: 'is-worse' }
const TONES = { count: 'd-badge d-count', strong: 'd-badge d-count d-strong', wait: 'd-badge d-count d-here', stop: 'd-badge d-count d-failed', good: 'd-badge d-count d-good' }

const viewers = new WeakMap()
const painted = new WeakMap()
const shown = new WeakMap()

async function show(box) {
  if (viewers.has(box)) return
  viewers.set(box, null)
  try {
    const [xml, state] = await Promise.all([load(box.dataset.diagram, 'text'), box.dataset.state ? load(box.dataset.state, 'json') : stateOf(box)])
    box.replaceChildren()
    const viewer = new NavigatedViewer({ container: box, bpmnRenderer: colours(box), textRenderer: LETTERS })
    viewers.set(box, viewer)
    await viewer.importXML(prepared(xml, state.names))
    const current = stateOf(box) ?? state ?? {}
    shown.set(viewer, JSON.stringify(current))
    paint(viewer, current)
    focusOn(viewer, state ?? {})
    controls(box, viewer)
    draggable(box, viewer)
    choosable(box, viewer)
    map(box, viewer)
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

/** The state that the page holds for a diagram, if it does. */
function stateOf(box) {
  const holder = box.dataset.stateIn && document.getElementById(box.dataset.stateIn)
  return holder ? JSON.parse(holder.dataset.state) : undefined
}

function paint(viewer, { taken = [], here = [], incidents = [], badges = [], heat = {}, flows = {}, changes = {}, choices = {}, selected }) {
  const canvas = viewer.get('canvas')
  const registry = viewer.get('elementRegistry')
  const marks = []
  const mark = (id, name) => registry.get(id) && name && marks.push([id, name]) && canvas.addMarker(id, name)
  if (taken.length || here.length) {
    const reached = new Set([...taken, ...incidents, ...here.map(({ node }) => node)])
    registry.filter(isFlowElement).filter(({ id }) => !reached.has(id)).forEach(({ id }) => mark(id, 'is-future'))
  }
  taken.forEach((id) => mark(id, /SubProcess/.test(registry.get(id)?.type) ? 'is-frame' : 'is-taken'))
  here.forEach(({ node }) => mark(node, 'is-here'))
  Object.entries(heat).forEach(([id, level]) => mark(id, HEAT[level]))
  Object.entries(flows).forEach(([id, level]) => mark(id, THICK[level]))
  Object.entries(changes).forEach(([id, tone]) => mark(id, CHANGES[tone]))
  incidents.forEach((id) => mark(id, 'is-incident'))
  Object.keys(choices).forEach((id) => mark(id, 'is-choice'))
  mark(selected, 'is-selected')
  badges.forEach(({ node, text, tone }) => badge(viewer, node, text, TONES[tone] ?? 'd-badge'))
  here.forEach(({ node, badge: text }) => text && badge(viewer, node, text, 'd-badge d-here'))
  for (const [id, label] of Object.entries(choices)) offer(canvas, registry.get(id), label, id === selected)
  painted.set(viewer, marks)
}

/** Paint what has changed since; whoever stands on a node by the keyboard goes on standing there. */
function paintAnew(box) {
  const viewer = viewers.get(box)
  const state = viewer && box.dataset.ready === 'true' && stateOf(box)
  const text = JSON.stringify(state)
  if (!state || text === shown.get(viewer)) return
  shown.set(viewer, text)
  const canvas = viewer.get('canvas')
  for (const [id, name] of painted.get(viewer) ?? []) canvas.removeMarker(id, name)
  for (const shape of box.querySelectorAll('.djs-element[role=button]')) {
    const gone = !(shape.dataset.elementId in (state.choices ?? {}))
    if (gone) for (const name of ['role', 'tabindex', 'aria-label', 'aria-pressed']) shape.removeAttribute(name)
  }
  viewer.get('overlays').clear()
  paint(viewer, state)
  colourMap(box, viewer)
  if (state.selected) reveal(viewer, state.selected)
}

function offer(canvas, element, label, on) {
  if (!element) return
  const shape = canvas.getGraphics(element)
  for (const [name, value] of Object.entries({ role: 'button', tabindex: '0', 'aria-label': label, 'aria-pressed': String(on) })) shape.setAttribute(name, value)
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
  viewer.get('overlays').add(id, { position: placeOf(element, classes), html, scale: false })
}

/** Numbers hang at a node's upper right corner, other words over its middle; on a flow, at the middle of its longest stretch. */
function placeOf({ width = 0, waypoints }, classes) {
  if (!waypoints) return { top: -12, left: /d-count/.test(classes) ? width : width / 2 }
  const stretches = waypoints.slice(1).map((to, index) => [waypoints[index], to])
  const length = ([from, to]) => Math.hypot(to.x - from.x, to.y - from.y)
  const [from, to] = stretches.reduce((best, one) => (length(one) > length(best) ? one : best))
  const corner = ['x', 'y'].map((axis) => Math.min(...waypoints.map((point) => point[axis])))
  const upright = Math.abs(to.y - from.y) > Math.abs(to.x - from.x)
  return { left: (from.x + to.x) / 2 - corner[0] - (upright ? 14 : 0), top: (from.y + to.y) / 2 - corner[1] - 10 }
}

/** Everything when it can be read; else the region around where it waits, at a size at which names can be read. */
function focusOn(viewer, { here = [], focus }) {
  const canvas = viewer.get('canvas')
  canvas.zoom('fit-viewport', 'auto')
  const registry = viewer.get('elementRegistry')
  const node = [focus, ...here.map(({ node: id }) => id)].map((id) => id && registry.get(id)).find(Boolean)
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

/** Fingers move the diagram sideways; up and down they go on moving the page. */
function draggable(box, viewer) {
  let last = null
  box.addEventListener('pointerdown', (event) => { last = event.pointerType === 'mouse' ? null : event })
  box.addEventListener('pointermove', (event) => {
    if (!last) return
    viewer.get('canvas').scroll({ dx: event.clientX - last.clientX, dy: 0 })
    last = event
  })
  for (const name of ['pointerup', 'pointercancel', 'pointerleave']) box.addEventListener(name, () => { last = null })
}

function choosable(box, viewer) {
  const chosen = (target) => target.closest?.('.djs-element[role=button]')?.dataset.elementId
  box.addEventListener('keydown', (event) => {
    const id = (event.key === 'Enter' || event.key === ' ') && chosen(event.target)
    if (!id) return
    event.preventDefault()
    event.stopPropagation()
    choose(box, id)
  }, true)
  box.addEventListener('focusin', (event) => {
    const id = chosen(event.target)
    if (id && event.target.matches(':focus-visible')) reveal(viewer, id)
  })
  viewer.on('element.click', ({ element }) => {
    const id = (element.labelTarget ?? element).id
    if (viewer.get('canvas').hasMarker(id, 'is-choice')) choose(box, id)
  })
}

/** Tell the page, and follow its link for the node; a page that has none hears of it by the event alone. */
function choose(box, id) {
  const event = new CustomEvent('diagram:choose', { bubbles: true, cancelable: true, detail: { id } })
  if (box.dispatchEvent(event)) document.querySelector(`a[data-node="${CSS.escape(id)}"]`)?.click()
}

function reveal(viewer, id) {
  const canvas = viewer.get('canvas')
  const node = viewer.get('elementRegistry').get(id)
  if (!node || node.waypoints) return
  const { x, y, width, height } = canvas.viewbox()
  const inside = node.x > x && node.y > y && node.x + node.width < x + width && node.y + node.height < y + height
  if (!inside) canvas.viewbox({ x: node.x + node.width / 2 - width / 2, y: node.y + node.height / 2 - height / 2, width, height })
}

/** A small drawing of all of it, when not all of it can be read at once: where one looks is framed; a click looks there. */
function map(box, viewer) {
  const canvas = viewer.get('canvas')
  const { inner } = canvas.viewbox()
  if (!box.dataset.map || canvas.zoom() < canvas.viewbox().outer.width / inner.width * 1.05) return
  const svg = make('svg', { class: 'diagram-map', viewBox: [inner.x - 20, inner.y - 20, inner.width + 40, inner.height + 40].join(' '), 'aria-hidden': 'true' })
  for (const { x, y, width, height, id } of viewer.get('elementRegistry').filter((one) => isFlowElement(one) && !one.waypoints && one.id)) {
    svg.append(make('rect', { x, y, width, height, rx: 8, 'data-shape': id }))
  }
  const frame = svg.appendChild(make('rect', { class: 'frame' }))
  const look = () => set(frame, Object.fromEntries(['x', 'y', 'width', 'height'].map((name) => [name, canvas.viewbox()[name]])))
  svg.addEventListener('click', (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse())
    const { width, height } = canvas.viewbox()
    canvas.viewbox({ x: at.x - width / 2, y: at.y - height / 2, width, height })
  })
  viewer.on('canvas.viewbox.changed', look)
  box.append(svg)
  look()
  colourMap(box, viewer)
}

function colourMap(box, viewer) {
  const canvas = viewer.get('canvas')
  for (const shape of box.querySelectorAll('.diagram-map [data-shape]')) {
    const level = ['is-incident', 'is-heat-3', 'is-heat-2', 'is-heat-1', 'is-worse', 'is-better'].find((name) => canvas.hasMarker(shape.dataset.shape, name))
    shape.setAttribute('class', level ?? '')
  }
}

const make = (tag, attributes) => set(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes)

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  return element
}

function redraw(box) {
  viewers.get(box)?.destroy()
  viewers.delete(box)
  delete box.dataset.ready
  show(box)
}

const boxes = () => document.querySelectorAll('[data-diagram]')
const showAll = () => boxes().forEach((box) => (box.dataset.stateIn && viewers.get(box) ? paintAnew(box) : show(box)))
const redrawAll = () => boxes().forEach(redraw)

showAll()
document.addEventListener('htmx:after:swap', showAll)
document.addEventListener('theme:changed', redrawAll)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll)
