// A response header HX-Trigger: {"toast": {"text": …, "tone": "good", "href": …, "link": …}} or toast() shows a line at the foot; it leaves by itself.
const STAY = 6000

export function toast({ text, href, link, tone }) {
  const region = document.getElementById('toasts')
  if (!region || !text) return
  const line = document.createElement('div')
  line.className = 'toast'
  if (tone === 'stop') line.setAttribute('role', 'alert')
  line.append(text)
  if (href) line.append(anchor(href, link ?? href))
  region.append(line)
  setTimeout(() => line.remove(), STAY)
}

function anchor(href, text) {
  const element = document.createElement('a')
  element.href = href
  element.textContent = text
  return element
}

document.addEventListener('toast', (event) => toast(event.detail?.value ?? event.detail ?? {}))
document.addEventListener('htmx:error', () => {
  const region = document.getElementById('toasts')
  toast({ text: region?.dataset.offline, tone: 'stop' })
})
