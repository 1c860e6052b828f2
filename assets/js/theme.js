// A control named data-theme-set="auto|light|dark" (button or select) changes the look at once; the cookie tells the server for the next page.
function choose(theme) {
  document.documentElement.dataset.bsTheme = theme
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`
  for (const button of document.querySelectorAll('button[data-theme-set]')) button.setAttribute('aria-pressed', button.dataset.themeSet === theme)
  document.dispatchEvent(new CustomEvent('theme:changed'))
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-theme-set]')
  if (button) choose(button.dataset.themeSet)
})
document.addEventListener('change', (event) => {
  if (event.target.matches('select[data-theme-set]')) choose(event.target.value)
})
