// Some providers refuse to sign people in inside the browser that an app brings itself. Each app has
// its own way out of it, or none.

/** How a link leaves an app's own browser. */
export type WayOut =
  /** A link that opens the person's browser. */
  | { app: string; href: string }
  /** There is none: the person copies the address. */
  | { app: string; copy: string }

const APPS: readonly { app: string; pattern: RegExp }[] = [
  { app: 'KakaoTalk', pattern: /\bKAKAOTALK\b/i },
  { app: 'LINE', pattern: /\bLine\/\d/i },
  { app: 'Instagram', pattern: /\bInstagram\b/i },
  { app: 'Facebook', pattern: /\bFB(?:AN|AV)\b/ },
  { app: 'NAVER', pattern: /\bNAVER\(inapp\b/i },
]

/** The way out to `target` for the browser of this User-Agent; null for a browser of its own. */
export function findWayOut(userAgent: string | undefined, target: URL): WayOut | null {
  const agent = (userAgent ?? '').slice(0, 1000)
  const app = APPS.find(({ pattern }) => pattern.test(agent))?.app
  if (app === undefined) return null
  if (app === 'KakaoTalk') {
    return { app, href: `kakaotalk://web/openExternal?url=${encodeURIComponent(target.href)}` }
  }
  if (app === 'LINE') {
    const outside = new URL(target)
    outside.searchParams.set('openExternalBrowser', '1')
    return { app, href: outside.href }
  }
  if (/\bAndroid\b/.test(agent)) {
    const scheme = target.protocol.slice(0, -1)
    const rest = target.href.slice(target.protocol.length)
    const intent = `scheme=${scheme};action=android.intent.action.VIEW;category=android.intent.category.BROWSABLE`
    return { app, href: `intent:${rest}#Intent;${intent};end` }
  }
  return { app, copy: target.href }
}

/** Copies the address beside it; without the script the field can be copied from by hand. */
export const COPY_SCRIPT = `
const field = document.getElementById('address')
const button = document.getElementById('copy')
button.hidden = false
button.addEventListener('click', async () => {
  field.select()
  try { await navigator.clipboard.writeText(field.value) } catch { document.execCommand('copy') }
  document.getElementById('copied').textContent = button.dataset.done
})
`
