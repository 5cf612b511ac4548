import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ErrorCode } from '../core/errors.ts'
import { ERRORS } from '../http/errors/error-table.ts'
import { cspHash, publicDocument } from '../http/headers.ts'
import { route } from '../http/routes/route.ts'
import { errorTexts } from './error-texts.ts'

/** For how long the page may be kept. */
const CACHE_SECONDS = 300

const STYLE = `
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h2 { font-size: 1.1rem; margin: 2rem 0 0 } h2 a { color: inherit; text-decoration: none }
p { margin: .25rem 0 } main { overflow-wrap: anywhere } :target { outline: 2px solid; outline-offset: .5rem }
`

const POLICY = [
  "default-src 'none'",
  `style-src ${cspHash(STYLE)}`,
  "img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
].join('; ')

// All texts are our own: only placeholders such as CLIENT_<ID> have to be escaped.
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function section(code: ErrorCode): string {
  const { status, title, oauth, redirect } = ERRORS[code]
  const [when, help] = errorTexts[code]
  const elsewhere = `At the OAuth endpoints ${oauth[0]} ${oauth[1]}; at a redirect URI ${redirect}.`
  return `<h2 id="${code}"><a href="#${code}"><code>${code}</code></a> · ${status}</h2>
<p><strong>${escaped(title)}.</strong> ${escaped(when)}</p>
<p>${escaped(help)}</p>
<p><small>${elsewhere}</small></p>`
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Latchkey errors</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Errors</h1>
<p>Problems (RFC 9457) name one of these by <code>code</code>; <code>detail</code> says what happened, and <code>request_id</code> stands in the log.</p>
${(Object.keys(ERRORS) as ErrorCode[]).map(section).join('\n')}
</main>
</body>
</html>
`

/** `/docs/errors`, which the type of every problem links to: one section per code. */
export function errorPageRoute(app: FastifyInstance): void {
  route(app, 'GET', '/docs/errors', {
    docs: {
      operationId: 'showErrors',
      summary: 'What the error codes mean',
      description: 'The `type` of every problem leads here: when a code comes, and what to do.',
      tags: ['operations'],
      security: [],
      produces: ['text/html'],
      cacheSeconds: CACHE_SECONDS,
      answers: { 200: 'The page.' },
      examples: { page: { summary: 'The page', status: 200, answer: '<!doctype html>…' } },
    },
    responses: { 200: z.string() },
    handle: ({ reply }) =>
      reply
        .headers(publicDocument(CACHE_SECONDS))
        .type('text/html; charset=utf-8')
        .header('content-security-policy', POLICY)
        .send(PAGE),
  })
}
