// The live sign: green while the event stream is open, red with the seconds since it broke.
let brokenAt = 0

const sign = () => document.getElementById('live')

function show() {
  const seconds = Math.round((Date.now() - brokenAt) / 1000)
  const text = sign()?.querySelector('.is-off-text')
  if (text) text.textContent = text.dataset.text.replace('#', seconds)
}

document.addEventListener('htmx:sse:after:connection', () => {
  brokenAt = 0
  sign()?.classList.remove('is-off')
})
document.addEventListener('htmx:sse:error', () => {
  brokenAt ||= Date.now()
  sign()?.classList.add('is-off')
  show()
})
setInterval(() => brokenAt && show(), 1000)
