// data-open="id" opens a <dialog>, data-close closes the one around it, a tap beside it closes it; <dialog data-autoopen> opens when it arrives.
document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-open]')
  if (opener) {
    event.preventDefault()
    document.getElementById(opener.dataset.open)?.showModal()
  }
  if (event.target.closest('[data-close]')) event.target.closest('dialog')?.close()
  if (event.target.tagName === 'DIALOG' && outside(event.target, event)) event.target.close()
})

function outside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect()
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom
}

function openArrived() {
  for (const dialog of document.querySelectorAll('dialog[data-autoopen]:not([open])')) dialog.showModal()
}

document.addEventListener('DOMContentLoaded', openArrived)
document.addEventListener('htmx:after:swap', openArrived)
