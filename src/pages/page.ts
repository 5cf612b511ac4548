import type { FastifyReply } from 'fastify'
import type { Language } from '../core/pages/language.ts'
import { cspHash } from '../http/headers.ts'
import { type Html, html, lines, trusted } from './html.ts'
import type { Look } from './look.ts'

// WebKit takes a list without marks for none, so that a `ul` of ours says what it is: `role="list"`.
const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  --page: #f4f5f7; --card: #ffffff; --text: #1b1f24; --quiet: #57606a; --line: #d0d7de; --accent: #0b57d0;
  --button: var(--accent); --button-text: var(--card) }
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --card: #161b22; --text: #e6edf3; --quiet: #9aa4af; --line: #30363d; --accent: #8ab4f8 }
}
* { box-sizing: border-box }
[hidden] { display: none !important }
:lang(ko) { word-break: keep-all }
:lang(ja) :is(h1, .lead, .action, .badge) { word-break: auto-phrase }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: min(1rem, 4vw);
  background: var(--page); color: var(--text) }
main { width: 100%; max-width: 25rem; padding: 2rem min(1.5rem, 6vw); background: var(--card);
  border: 1px solid var(--line); border-radius: 1rem; overflow-wrap: anywhere }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance }
@media (max-width: 24rem) { main { padding: 1.5rem min(1rem, 4vw) } body { padding: min(.5rem, 2vw) } h1 { font-size: 1.25rem } }
p { margin: .5rem 0; text-wrap: pretty }
ul { list-style: none; margin: 1.5rem 0 0; padding: 0; display: grid; gap: .75rem }
a { color: var(--accent) }
.action { display: flex; align-items: center; justify-content: center; min-height: 3rem; padding: .5rem 1rem;
  border: 1px solid var(--line); border-radius: .75rem; background: none; color: var(--text);
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer }
.action:hover { border-color: currentColor }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.quiet { color: var(--quiet); font-size: .875rem }
`

/**
 * With `no-referrer` a form is sent with `Origin: null`, which an app cannot tell from a forgery.
 * This policy gives the app our origin, but no full URL; `strict-origin` would not send it from
 * https to an app at http://localhost.
 */
const TELLS_ORIGIN = trusted('\n<meta name="referrer" content="origin">')

/**
 * The parts of a page: its content, and its own style and script beside the style of all pages,
 * each allowed by its hash.
 */
export interface PageParts {
  language: Language
  title: string
  body: Html
  style?: string
  script?: string
  /** Whether its form posts to another site, which may redirect the person to a third one. */
  mayPost?: boolean
}

/** A page as it is sent: headers, and HTML as text. */
export interface RenderedPage {
  headers: Record<string, string>
  html: string
}

/**
 * A whole page, which may load its own styles and script, allowed by their hashes, the logo, and
 * nothing else. Its icon is empty: without one, browsers ask for a /favicon.ico that does not
 * exist.
 */
export function renderPage(
  look: Look,
  { language, title, body, style, script, mayPost = false }: PageParts,
): RenderedPage {
  const styles = [STYLE, look.style, style].filter((text) => typeof text === 'string')
  const policy = [
    "default-src 'none'",
    `style-src ${styles.map(cspHash).join(' ')}`,
    ...(script === undefined ? [] : [`script-src ${cspHash(script)}`]),
    look.hasImage ? "img-src 'self' data:" : 'img-src data:',
    "frame-ancestors 'none'",
    "base-uri 'none'",
    // Browsers apply this to the redirects after the form, too, so no list would be right.
    ...(mayPost ? [] : ["form-action 'none'"]),
  ]
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'content-language': language,
    vary: 'Accept, Accept-Language',
  }
  const whole = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">${mayPost ? TELLS_ORIGIN : null}
<link rel="icon" href="data:,">
<title>${look.titleOf(title)}</title>
${trusted(styles.map((text) => `<style>${text}</style>`).join(''))}
</head>
<body>
<main>
${lines([look.header, html`<h1>${title}</h1>`, body, look.footer(language)])}
</main>${script === undefined ? null : trusted(`<script>${script}</script>`)}
</body>
</html>
`
  return { headers, html: whole.html }
}

/** Answers with a page. */
export const sendPage = (reply: FastifyReply, { headers, html }: RenderedPage): FastifyReply =>
  reply.headers(headers).send(html)
