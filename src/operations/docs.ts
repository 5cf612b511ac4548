import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { cspHash } from '../http/headers.ts'
import { exampleValues } from '../http/routes/examples.ts'
import { route } from '../http/routes/route.ts'
import { errorPageRoute } from './error-page.ts'

/** The viewer: one script file of its package, which this process finds but never loads. */
const viewer = createRequire(import.meta.url).resolve('@scalar/fastify-api-reference')
const SCRIPT_FILE = join(viewer, '../js/standalone.js')

// The viewer's own greys and colours are too pale for some readers (WCAG 2.2, 1.4.3), and long code
// makes pages wider than phones.
const STYLE = `
.light-mode { --scalar-color-2: #565656; --scalar-color-3: #646464; --scalar-color-blue: #00609c;
  --scalar-color-green: #04663f; --scalar-color-red: #b8001a; --scalar-color-orange: #9a3d00;
  --scalar-color-yellow: #7a5800; --scalar-color-purple: #5203d1 }
.dark-mode { --scalar-color-3: #a0a0a0; --scalar-color-red: #ff8a8f }
html, body { overflow-x: clip }
`

// Nothing from elsewhere: no fonts, no telemetry, no proxy for requests, no links to hosted tools.
const CONFIGURATION = {
  url: 'openapi.json',
  proxyUrl: '',
  telemetry: false,
  withDefaultFonts: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  persistAuth: false,
  mcp: { disabled: true },
  agent: { disabled: true },
  customCss: STYLE,
}

const START = `Scalar.createApiReference('#viewer', ${JSON.stringify(CONFIGURATION)})`

// A request for a redirect would end in "Failed to fetch", since it leads to another site.
const EXPLAIN_REDIRECTS = `
const send = window.fetch
window.fetch = async (input, init) => {
  const request = new Request(input, init)
  const answer = await send(request, { redirect: 'manual' })
  if (answer.type !== 'opaqueredirect') return answer
  const text = 'This route answers with a redirect, which this page cannot follow.\\n' +
    'Open it in a tab of the browser instead:\\n\\n' + request.url + '\\n'
  return new Response(text, { status: 302, statusText: 'Redirect', headers: { 'content-type': 'text/plain' } })
}`

// The viewer sets styles from its script; scripts stay those of this page.
const POLICY = [
  "default-src 'none'",
  `script-src 'self' ${cspHash(EXPLAIN_REDIRECTS)} ${cspHash(START)}`,
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

// Relative URLs: a proxy may serve all of this below a path.
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Latchkey API</title>
<link rel="icon" href="data:,">
</head>
<body>
<noscript><p>This viewer needs scripts. The description itself: <a href="openapi.json">openapi.json</a></p></noscript>
<div id="viewer"></div>
<script>${EXPLAIN_REDIRECTS}</script>
<script src="docs/viewer.js"></script>
<script>${START}</script>
</body>
</html>
`

/**
 * Read at the first request and kept compressed: a third of the size, with the same ETag on all
 * replicas.
 */
let script: Promise<{ plain: Buffer; zipped: Buffer; tag: string }> | undefined

async function readScript() {
  const plain = await readFile(SCRIPT_FILE)
  const tag = createHash('sha256').update(plain).digest('base64url').slice(0, 22)
  return { plain, zipped: await promisify(gzip)(plain), tag }
}

// At the end of the description, since whoever looks for it comes from an example.
const PLACEHOLDERS = `What begins with \`$\` in an example stands for something from an earlier answer:

| example | stands for |
|---|---|
${Object.entries(exampleValues)
  .map(([name, origin]) => `| \`${name}\` | ${origin} |`)
  .join('\n')}`

/**
 * `/docs`: the description of all routes for people, from the installed package; and the pages
 * about errors.
 */
export function docsRoutes(app: FastifyInstance): void {
  errorPageRoute(app)
  route(app, 'GET', '/docs', {
    docs: {
      operationId: 'showDocs',
      summary: 'This description, to read and to try',
      description: `A page with a viewer of \`/openapi.json\`. It loads nothing from elsewhere.\n\n${PLACEHOLDERS}`,
      tags: ['operations'],
      security: [],
      produces: ['text/html'],
      answers: { 200: 'The viewer.' },
      examples: { page: { summary: 'The page', status: 200, answer: '<!doctype html>…' } },
    },
    responses: { 200: z.string() },
    handle: ({ reply }) =>
      reply.type('text/html; charset=utf-8').header('content-security-policy', POLICY).send(PAGE),
  })
  app.get('/docs/viewer.js', async (request, reply) => {
    script ??= readScript()
    const { plain, zipped, tag } = await script
    const takesZipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    const etag = takesZipped ? `"${tag}-gzip"` : `"${tag}"`
    reply.headers({ etag, 'cache-control': 'public, max-age=3600', vary: 'Accept-Encoding' })
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
    if (takesZipped) reply.header('content-encoding', 'gzip')
    return reply.type('text/javascript; charset=utf-8').send(takesZipped ? zipped : plain)
  })
}
