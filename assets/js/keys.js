// Keys are named in the page: data-key="c" presses (or focuses) its element, data-go="o" is reached by G then O. Off while typing.
const GO_WITHIN = 1200
let goUntil = 0

document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.defaultPrevented) return
  const combo = name(event)
  if (combo === 'ctrl+enter') return press(document.activeElement?.closest('form[data-complete]') ?? visible('form[data-complete]'), event)
  if (combo === 'Escape') return escape(event)
  if (typing(event) && !combo.startsWith('ctrl+')) return
  if (Date.now() < goUntil) {
    goUntil = 0
    return press(visible(`[data-go="${CSS.escape(combo)}"]`, true), event)
  }
  if (combo === 'g') return void (goUntil = Date.now() + GO_WITHIN)
  press(visible(`[data-key="${CSS.escape(combo)}"]`), event)
})

function name(event) {
  const modifiers = [(event.ctrlKey || event.metaKey) && 'ctrl+', event.altKey && 'alt+', event.shiftKey && /^[a-z]$/i.test(event.key) && 'shift+']
  const key = event.key.length === 1 || event.key === 'Enter' ? event.key.toLowerCase() : event.key
  return modifiers.filter(Boolean).join('') + key
}

function typing({ target }) {
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === 'INPUT' && !/^(checkbox|radio|button|submit)$/.test(target.type))
}

function visible(selector, hiddenToo = false) {
  const open = document.querySelector('dialog[open]')
  return [...(open ?? document).querySelectorAll(selector)].find((one) => hiddenToo || one.tagName === 'DIALOG' || one.getClientRects().length)
}

function press(element, event) {
  if (!element) return
  event.preventDefault()
  if (element.tagName === 'FORM') element.requestSubmit(element.querySelector('[type=submit]') ?? undefined)
  else if (element.matches('input:not([type=checkbox]):not([type=radio]),textarea,select')) { element.focus(); element.select?.() }
  else element.click()
}

/** Leave the field, then clear what is selected, then go back: one thing a press. */
function escape(event) {
  if (document.querySelector('dialog[open]')) return
  if (typing(event)) return document.activeElement.blur()
  press(visible('[data-key="Escape"]'), event)
}
