import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { Language } from './language.ts'

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 24rem; margin: 3rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; line-height: 1.25 }
ul { list-style: none; padding: 0 }
li { margin: .5rem 0 }
a.action { display: block; padding: .75rem 1rem; border: 1px solid GrayText; border-radius: .5rem;
  text-align: center; text-decoration: none; color: CanvasText }
a.action:hover, a.action:focus-visible { outline: 2px solid Highlight; outline-offset: 2px }
small { color: GrayText; overflow-wrap: anywhere }
`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** What a page may load: its own style, known by its hash, and nothing else. */
const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`

/** Text as it may stand in HTML, in an element or between double quotes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** A whole page; `body` is HTML already. */
export function page(language: Language, title: string, body: string): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`
}

/** The headers of a page. */
export function asPage(reply: FastifyReply, language: Language): FastifyReply {
  return reply.type('text/html; charset=utf-8').headers({
    'content-security-policy': PAGE_POLICY,
    'content-language': language,
    vary: 'Accept, Accept-Language',
  })
}
