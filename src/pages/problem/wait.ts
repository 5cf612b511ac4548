import type { Language } from '../../core/pages/language.ts'
import { texts } from '../../texts/index.ts'
import { type Html, html } from '../html.ts'

/** Marks where the time is inserted. */
const HERE = '\u0000'

/** Seconds in words; more than a minute and a half in minutes. */
function timeIn(seconds: number, language: Language): string {
  const isLong = seconds > 90
  const unit = isLong ? 'minute' : 'second'
  const count = isLong ? Math.ceil(seconds / 60) : seconds
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
}

/**
 * Says when trying again makes sense; the script counts down, and announces once that the time has
 * come.
 */
export function waitFor(seconds: number, language: Language): Html {
  const { retryIn, retryNow } = texts[language].problem
  const [before = '', after = ''] = retryIn(HERE).split(HERE)
  return html`<p id="wait" role="timer" data-seconds="${String(seconds)}">${before}<b>${timeIn(seconds, language)}</b>${after}</p>
<p id="now" role="status" data-text="${retryNow}"></p>`
}

/** Counts down in the browser, in the words of `timeIn`. */
export const WAIT_SCRIPT = `
const wait = document.getElementById('wait')
const until = performance.now() + wait.dataset.seconds * 1000
const time = (count, unit) =>
  new Intl.NumberFormat(document.documentElement.lang, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
const counting = setInterval(() => {
  const left = Math.ceil((until - performance.now()) / 1000)
  wait.querySelector('b').textContent = left > 90 ? time(Math.ceil(left / 60), 'minute') : time(left, 'second')
  if (left > 0) return
  clearInterval(counting)
  wait.hidden = true
  const now = document.getElementById('now')
  now.textContent = now.dataset.text
}, 250)
`
