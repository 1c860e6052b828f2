// J and K move through tr[data-row], Enter opens the row's link, X ticks it (Shift X: from the last ticked one). A click anywhere opens the row.
let lastTicked = null

const rows = () => [...document.querySelectorAll('[data-row]')].filter((row) => row.getClientRects().length)
const current = () => document.querySelector('[data-row].is-current') ?? document.querySelector('[data-row].is-on')
const link = (row) => row?.querySelector('a[data-open-row]') ?? row?.querySelector('a[href]')

const actions = {
  j: () => move(1),
  k: () => move(-1),
  enter: () => link(current())?.click(),
  x: () => tick(current()),
  'shift+x': () => tickRange(current()),
}

document.addEventListener('keydown', (event) => {
  const { target } = event
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return
  if (target.closest('input:not([type=checkbox]),textarea,select,[contenteditable]')) return
  if (event.key === 'Enter' && target.closest('a,button,summary')) return
  const action = actions[(event.shiftKey && event.key.toLowerCase() === 'x' ? 'shift+' : '') + event.key.toLowerCase()]
  if (!action || !rows().length) return
  event.preventDefault()
  action()
})

document.addEventListener('click', (event) => {
  const row = event.target.closest('[data-row]')
  if (!row || event.target.closest('a,button,input,label,select,summary') || String(getSelection())) return
  link(row)?.click()
})

function move(step) {
  const all = rows()
  const next = all[Math.min(Math.max(all.indexOf(current()) + step, 0), all.length - 1)]
  for (const row of all) row.classList.toggle('is-current', row === next)
  next.scrollIntoView({ block: 'nearest' })
  link(next)?.focus({ preventScroll: true })
}

function tick(row) {
  const box = row?.querySelector('input[type=checkbox]')
  if (!box) return
  box.click()
  lastTicked = row
}

function tickRange(row) {
  const all = rows()
  const [from, to] = [all.indexOf(lastTicked ?? row), all.indexOf(row)].sort((a, b) => a - b)
  for (const one of all.slice(Math.max(from, 0), to + 1)) {
    const box = one.querySelector('input[type=checkbox]')
    if (box && !box.checked) box.click()
  }
}
