// [data-migrating]: how many instances move, as those that go on at once are chosen or left.
function show(form) {
  const go = form.querySelector('[name=at_once][value=go]')?.checked
  const also = go ? form.querySelectorAll('[name=also]:checked').length : 0
  const moving = Number(form.dataset.moving) + also
  for (const one of form.querySelectorAll('[data-number]')) {
    const number = one.dataset.number === 'moving' ? moving : Number(form.dataset.total) - moving
    one.textContent = one.dataset.text.replace('#', number)
  }
  const button = form.querySelector('button[data-number]')
  if (button) button.disabled = moving === 0
}

document.addEventListener('change', ({ target }) => {
  const form = target.form ?? target.closest?.('form')
  if (form?.matches('[data-migrating]')) show(form)
})
document.querySelectorAll('[data-migrating]').forEach(show)
