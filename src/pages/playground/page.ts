import type { Language } from '../../core/pages/language.ts'
import { settingsPrefix } from '../../core/settings/prefix.ts'
import { pathOf } from '../../core/settings/public-url.ts'
import { cspHash } from '../../http/headers.ts'
import { texts } from '../../texts/index.ts'
import { type Html, html, trusted } from '../html.ts'
import { languageLinks } from '../sign-in/language-links.ts'
import type { PlaygroundFacts } from './facts.ts'
import { STYLE } from './style.ts'

// Latchkey's own logo; as an icon it needs a colour that is visible on light and dark.
const KEY =
  '<circle cx="8" cy="8" r="4.5" fill="none" stroke="currentColor" stroke-width="2.5"/><path d="m11.5 11.5 9 9m-3.5-3.5 3-3" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round"/>'
const ICON = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" color="#5b7cf0">${KEY}</svg>`)}`

/**
 * The page's policy: its own style and scripts, calls to its own origin, nothing else. People's
 * pictures come from their providers; those of emulated people do not exist, so none are loaded.
 */
export function playgroundPolicy({ emulated, providers }: PlaygroundFacts): string {
  const hasReal = providers.some((id) => !emulated.includes(id))
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${cspHash(STYLE)}`,
    "connect-src 'self'",
    `img-src data:${hasReal ? ' https:' : ''}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

/** The playground as HTML: the frame, and whatever needs no script. */
export function playgroundPage(language: Language, facts: PlaygroundFacts): string {
  const { publicUrl, emulated, providers } = facts
  const words = texts[language].playground
  const url = html`${publicUrl}`.html
  const base = pathOf(publicUrl)
  const [first] = emulated
  const command =
    first === undefined
      ? snippet(words.providers, words.command, `curl -s '${publicUrl}/providers'`)
      : snippet(
          words.oneLogin,
          words.command,
          `curl -sL -c jar -b jar '${publicUrl}/login/${first}?login_hint=minji'`,
        )
  const real = first ?? providers[0] ?? 'google'
  const prefix = settingsPrefix(real)
  const settings = `CLIENTS=web
CLIENT_WEB_REDIRECT_URIS=http://localhost:5173/callback
${prefix}CLIENT_ID=…
${prefix}CLIENT_SECRET=…`
  const steps = words.steps(`${url}/login/${html`${real}`.html}/callback`, html`${base}`.html)
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Latchkey · ${words.title}</title>
<link rel="icon" href="${ICON}">
<style>${trusted(STYLE)}</style>
<script type="module" src="${base}/playground/main.js"></script>
</head>
<body data-facts="${JSON.stringify(facts)}" data-words="${wordsForScript(language)}">
<a class="skip" href="#app">${words.skip}</a>
<header class="top wrap">
<div class="first">
<span class="brand"><svg viewBox="0 0 24 24" aria-hidden="true">${trusted(KEY)}</svg>Latchkey</span>
${languageLinks(language, words.language, (other) => `${base}/?ui_locales=${other}`)}
</div>
<nav class="links" aria-label="Latchkey">
<a href="${base}/login?ui_locales=${language}">${words.signInPage}</a>
<a href="${base}/docs">${words.apiReference}</a>
<a href="${base}/openapi.json">openapi.json</a>
</nav>
<h1>${words.title}</h1>
<p class="lead">${trusted(words.lead(url))}</p>
${command}
</header>
<main id="app" class="wrap" tabindex="-1">
<noscript><p class="notice">${trusted(words.withoutScript(html`${base}`.html))}</p></noscript>
</main>
<footer class="wrap">
<section class="card" aria-labelledby="next">
<div>
<h2 id="next">${words.next}</h2>
<ol class="steps">
${steps.map((step) => html`<li>${trusted(step)}</li>`)}
</ol>
<p class="soft">${trusted(words.further)}</p>
</div>
<div class="side">
${snippet('<code>.env</code>', words.settings, settings)}
</div>
</section>
</footer>
</body>
</html>
`.html
}

/**
 * The texts for the page's scripts as JSON; a function of two arguments becomes its text with {0}
 * and {1} in it.
 */
const wordsForScript = (language: Language): string =>
  JSON.stringify(texts[language].playgroundScript, (_name, words) =>
    typeof words === 'function' ? words('{0}', '{1}') : words,
  )

/** A text to copy; the script adds its button. */
function snippet(caption: string, label: string, text: string): Html {
  return html`<figure class="snippet one" data-copy>
<figcaption>${trusted(caption)}</figcaption>
<div class="bar"></div>
<pre tabindex="0" role="region" aria-label="${label}">${text}</pre>
</figure>`
}
