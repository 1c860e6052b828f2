// [data-stepper] around a number field: ± move by the pack (data-pack), typed values are rounded up to it, the packs are counted below.
const number = (text, otherwise) => (Number.isFinite(parseInt(text, 10)) ? parseInt(text, 10) : otherwise)

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-stepper] [data-step]')
  if (!button) return
  const input = button.closest('[data-stepper]').querySelector('input')
  const { pack } = limits(input)
  settle(input, number(input.value, 0) + number(button.dataset.step, 1) * pack)
})

document.addEventListener('change', (event) => {
  if (event.target.matches('[data-stepper] input') && !event.target.dataset.settled) settle(event.target, number(event.target.value, 0), true)
}, true)

function limits(input) {
  const { pack, min, max } = input.closest('[data-stepper]').dataset
  return { pack: number(pack, 1), min: number(min, number(pack, 1)), max: number(max, Infinity) }
}

/** Set a value that may be ordered and tell everybody who listens for "change" once. */
function settle(input, wanted, typed = false) {
  const { pack, min, max } = limits(input)
  const value = Math.min(Math.max(Math.ceil(wanted / pack) * pack, min), max)
  const rounded = typed && value !== wanted
  const changed = String(value) !== input.value
  input.value = value
  describe(input, value, rounded)
  if (changed && !typed) announce(input)
}

function announce(input) {
  input.dataset.settled = '1'
  input.dispatchEvent(new Event('change', { bubbles: true }))
  delete input.dataset.settled
}

function describe(input, value, rounded) {
  const stepper = input.closest('[data-stepper]')
  const { pack, min } = limits(input)
  const packs = stepper.querySelector('[data-packs]')
  if (packs) packs.textContent = packs.dataset.packs.replace('#', value / pack)
  const less = stepper.querySelector('[data-step^="-"]')
  if (less) less.disabled = value <= min && !less.dataset.removes
  const note = document.getElementById(stepper.dataset.note ?? '')
  if (note) note.hidden = !rounded
}
