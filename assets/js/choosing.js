// [data-choosing]: a list whose rows can be ticked. How many are, is said; the box in its head ticks all rows of the page.
const boxesOf = (list) => [...list.querySelectorAll('tbody input[type=checkbox]')]

function show(list) {
  const boxes = boxesOf(list)
  const chosen = boxes.filter((box) => box.checked).length
  const text = list.querySelector('[data-choose-count]')
  if (text) text.textContent = text.dataset.text.replace('#', chosen)
  const head = list.querySelector('[data-choose-page]')
  if (head) {
    head.checked = chosen > 0 && chosen === boxes.length
    head.indeterminate = chosen > 0 && chosen < boxes.length
  }
  for (const box of boxes) box.closest('tr').toggleAttribute('data-chosen', box.checked)
}

document.addEventListener('change', ({ target }) => {
  const list = target.closest?.('[data-choosing]')
  if (!list) return
  if (target.matches('[data-choose-page]')) for (const box of boxesOf(list)) box.checked = target.checked
  show(list)
})
document.addEventListener('reset', ({ target }) => {
  const list = target.closest('[data-choosing]')
  if (list) setTimeout(() => show(list))
})
document.querySelectorAll('[data-choosing]').forEach(show)
