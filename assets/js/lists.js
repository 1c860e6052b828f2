// Lists that one comes back to: the way back leads to the list as it was left, and a strip of tabs shows the chosen one.
function leadBack() {
  const back = document.querySelector('.topbar.has-back > a.icon-btn')
  const from = document.referrer && new URL(document.referrer)
  if (back && from && from.origin === location.origin && from.pathname === back.pathname) back.href = from.href
}

function showChosen() {
  for (const strip of document.querySelectorAll('.tabs')) {
    const chosen = strip.querySelector('[aria-current],.on')
    if (chosen) strip.scrollLeft = chosen.offsetLeft - (strip.clientWidth - chosen.offsetWidth) / 2
  }
}

leadBack()
showChosen()
document.addEventListener('htmx:after:swap', showChosen)
