import { createHash } from 'node:crypto'
import { escapeHtml } from '../page.ts'
import { STYLE } from './style.ts'

/** What the page is told; the rest it asks for, as any other client does. */
export interface PlaygroundFacts {
  publicUrl: string
  /** Ids of the providers that the emulator plays. */
  emulated: readonly string[]
  /** Ids of all enabled providers. */
  providers: readonly string[]
}

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

// The mark of Latchkey, drawn for it; as an icon it needs a colour that can be seen on light and dark.
const KEY =
  '<circle cx="8" cy="8" r="4.5" fill="none" stroke="currentColor" stroke-width="2.5"/><path d="m11.5 11.5 9 9m-3.5-3.5 3-3" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round"/>'
const ICON = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" color="#5b7cf0">${KEY}</svg>`)}`

/**
 * What the page may do: its own style and scripts, calls to its own origin, nothing else. Pictures of
 * people come from their providers; those of emulated people are not there, so none are loaded.
 */
export function playgroundPolicy({ emulated, providers }: PlaygroundFacts): string {
  const hasReal = providers.some((id) => !emulated.includes(id))
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'sha256-${STYLE_HASH}'`,
    "connect-src 'self'",
    `img-src data:${hasReal ? ' https:' : ''}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

/** The playground as HTML: the frame and what can be said without a script. */
export function playgroundPage(facts: PlaygroundFacts): string {
  const { publicUrl, emulated, providers } = facts
  const url = escapeHtml(publicUrl)
  const [first] = emulated
  const login = first === undefined ? null : `${publicUrl}/login/${first}?login_hint=minji`
  const oneLiner =
    login === null ? `curl -s '${publicUrl}/providers'` : `curl -sL -c jar -b jar '${login}'`
  const real = emulated[0] ?? providers[0] ?? 'google'
  const prefix = real.toUpperCase().replaceAll('-', '_')
  const settings = `CLIENTS=web
CLIENT_WEB_REDIRECT_URIS=http://localhost:5173/callback
${prefix}_CLIENT_ID=…
${prefix}_CLIENT_SECRET=…`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Latchkey playground</title>
<link rel="icon" href="${ICON}">
<style>${STYLE}</style>
<script type="module" src="/playground/main.js"></script>
</head>
<body data-facts="${escapeHtml(JSON.stringify(facts))}">
<a class="skip" href="#app">To the sign-in</a>
<header class="top wrap">
<nav aria-label="Latchkey">
<span class="brand"><svg viewBox="0 0 24 24" aria-hidden="true">${KEY}</svg>Latchkey</span>
<a href="/login">Sign-in page</a>
<a href="/docs">API reference</a>
<a href="/openapi.json">openapi.json</a>
</nav>
<h1>Playground</h1>
<p class="lead">A real client of the Latchkey at <code>${url}</code>: it signs you in, swaps the code for tokens and asks
who you are, with the same calls as your app will. It is here because
Latchkey’s address is on this machine and no client is registered yet.</p>
<figure class="snippet one" data-copy>
<figcaption>${login === null ? 'The providers, on the command line' : 'A whole login on the command line'}</figcaption>
<div class="bar"></div>
<pre tabindex="0" role="region" aria-label="Command">${escapeHtml(oneLiner)}</pre>
</figure>
</header>
<main id="app" class="wrap" tabindex="-1">
<noscript><p class="notice">The playground needs JavaScript. Without it: <a href="/login">sign in</a> and read the answer as JSON.</p></noscript>
</main>
<footer class="wrap">
<section class="card" aria-labelledby="next">
<div>
<h2 id="next">Next: your own app</h2>
<ol class="steps">
<li>Name your app in <code>CLIENTS</code>. This page then gives way to it.</li>
<li>Register <code>${url}/login/${escapeHtml(real)}/callback</code> in the provider’s console, and give Latchkey its keys.</li>
<li>Let <code>npm run doctor</code> say what is still missing.</li>
<li>In your API, verify access tokens by <a href="/.well-known/jwks.json">jwks.json</a>; any JWT library can.</li>
</ol>
<p class="soft">The README goes on from here; <code>.env.example</code> explains each setting.</p>
</div>
<div class="side">
<figure class="snippet one" data-copy>
<figcaption><code>.env</code></figcaption>
<div class="bar"></div>
<pre tabindex="0" role="region" aria-label="Settings">${escapeHtml(settings)}</pre>
</figure>
</div>
</section>
</footer>
</body>
</html>
`
}
