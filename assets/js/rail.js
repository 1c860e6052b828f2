// On a phone the rail is a drawer: [data-menu] opens it; a tap beside it, Esc or a second press closes it.
const rail = () => document.getElementById('rail')

function set(open) {
  rail()?.classList.toggle('is-open', open)
  for (const button of document.querySelectorAll('[data-menu]')) button.setAttribute('aria-expanded', open)
  if (open) rail()?.querySelector('a')?.focus()
}

document.addEventListener('click', (event) => {
  const isOpen = rail()?.classList.contains('is-open')
  if (event.target.closest('[data-menu]')) set(!isOpen)
  else if (isOpen && (!event.target.closest('#rail') || event.target.closest('#rail a'))) set(false)
})
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && rail()?.classList.contains('is-open')) set(false)
})
