// What scrolls can be reached by the keyboard: a box that overflows and holds nothing to focus gets a tab stop of its own.
const SCROLLERS = '.table-wrap,.scroll,.panel-body,.board,.body'

function reach() {
  for (const box of document.querySelectorAll(SCROLLERS)) {
    const overflows = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1
    if (overflows && !box.hasAttribute('tabindex')) box.tabIndex = 0
  }
}

document.addEventListener('htmx:after:swap', reach)
addEventListener('resize', reach)
reach()
