import type { Language } from '../../core/pages/language.ts'
import { texts } from '../../texts/index.ts'
import { type Html, html } from '../html.ts'
import type { InApp } from './in-app.ts'

/** A provider that refuses in-app browsers, on one sign-in page. */
interface RefusedInApp {
  provider: { id: string; name: string }
  inApp: InApp
  language: Language
  /** Where the person goes on in a browser of their own. */
  target: URL
  /** The name of the app that the target belongs to; null if it is the login itself. */
  targetApp: string | null
  /** The sign-in page as it is shown now. */
  here: URL
}

/** The provider's button in that case: its link, its text, and what is below it. */
export interface LeaveApp {
  href: string
  badge: string
  below: Html
}

/** The way out of an in-app browser: by the provider's button, and by hand below it. */
export function leaveApp({
  provider: { id, name },
  inApp: { app, wayOut },
  language,
  target,
  targetApp,
  here,
}: RefusedInApp): LeaveApp {
  const words = texts[language].signIn
  const field = `address-${id}`
  const byHand = html`<label for="${field}">${words.address}</label>
<input id="${field}" type="url" dir="ltr" readonly value="${target.href}">
<button class="action" type="button" hidden data-done="${words.copied}" data-failed="${words.copyByHand}">${words.copy}</button>
<p role="status"></p>`
  if (wayOut === null) {
    return {
      href: `#${field}`,
      badge: words.onlyOutside,
      below: html`<div class="way-out quiet">\n<p>${words.notInside(name, app)}</p>\n${byHand}\n</div>`,
    }
  }
  // If the app ignores the link, it loads this page again, where the field's fragment opens the
  // folded part.
  const fallback = new URL(`#${field}`, here)
  return {
    href: wayOut(target, fallback),
    badge: targetApp === null ? words.opensOutside : words.opensAppOutside(targetApp),
    below: html`<details class="way-out quiet">\n<summary>${words.nothingOpens(name, app)}</summary>\n${byHand}\n</details>`,
  }
}

/** The style of what is below a button. */
export const LEAVE_APP_STYLE = `
.way-out { margin: .5rem 0 .75rem; padding: 0 .875rem }
.way-out summary { display: list-item; padding: .5rem 0; cursor: pointer }
.way-out label { display: block; margin-top: .5rem }
.way-out input { width: 100%; min-height: 2.75rem; margin: .25rem 0 .5rem; padding: 0 .75rem; font: inherit;
  color: var(--text); background: var(--page); border: 1px solid var(--quiet); border-radius: .5rem }
.way-out button { width: 100%; min-height: 2.75rem }
.way-out [role=status] { margin: .5rem 0 0; text-align: center; font-weight: 600; color: var(--text) }
.way-out [role=status]:empty { margin: 0 }
`

/** Copies the address beside a button; without the script the field can be copied from by hand. */
export const COPY_SCRIPT = `
for (const part of document.querySelectorAll('.way-out')) {
  const [field, button, status] = ['input', 'button', '[role=status]'].map((one) => part.querySelector(one))
  button.hidden = false
  button.addEventListener('click', async () => {
    field.focus()
    field.select()
    let isCopied = true
    try { await navigator.clipboard.writeText(field.value) } catch { isCopied = document.execCommand('copy') }
    status.textContent = isCopied ? button.dataset.done : button.dataset.failed
  })
}
`
