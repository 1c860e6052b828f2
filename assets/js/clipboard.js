// <button data-copy="text" data-copied="Copied">: copies and says so. Falls back to a selection where the clipboard is not offered (plain http).
import { toast } from './toasts.js'

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]')
  if (!button) return
  event.preventDefault()
  if (await copy(button.dataset.copy)) toast({ text: button.dataset.copied ?? button.dataset.copy, tone: 'good' })
})

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

function copyBySelection(text) {
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'sr'
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  return done
}
