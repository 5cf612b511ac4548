import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { cookieName } from '../core/settings/public-url.ts'
import { publicDocument } from '../http/headers.ts'
import { preflightOfPublic } from '../http/routes/cors.ts'
import { PUBLIC_URL } from '../http/routes/documented.ts'
import { exampleApp } from '../http/routes/examples.ts'
import { type RouteShape, route } from '../http/routes/route.ts'
import type { Operation } from './openapi/document.ts'
import { toOperation } from './openapi/operation.ts'
import type { Components } from './openapi/schemas.ts'
import { describeWebhooks } from './openapi/webhooks.ts'
import { version } from './version.ts'

/** For how long the description may be kept. */
const CACHE_SECONDS = 300

const description = `A self-hosted social-login service: people sign in with the provider they already use, your API verifies a JWT.

Errors are problem details (RFC 9457) with a \`code\` for programs; at \`/token\`, \`/revoke\` and \`/introspect\` they are those of RFC 6749. A browser (\`Accept: text/html\`) gets a page instead. Any route may answer 500 in the same form, 400 or 415 to a request that cannot be read, 405 with \`Allow\` to another method, and 503 with \`Retry-After\` while the server stops.

## The examples

Requests and answers with the same name belong together. The client \`${exampleApp.client_id}\` is public, with the redirect URI \`${exampleApp.redirect_uri}\` and the way back \`${exampleApp.post_logout_redirect_uri}\`; \`api\` is confidential. \`login.example.com\` stands for this server, and the providers of the examples for those that are enabled here; \`login_hint\` with a persona works where they are emulated. What begins with \`$\` stands for something from an earlier answer: the list is at the end, at \`GET /docs\`.
`

const headOf = (publicUrl: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'Latchkey',
    version,
    summary: 'Sign in with the provider you already use.',
    description,
    contact: { name: 'The operator of this Latchkey', url: publicUrl },
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: publicUrl, description: 'This Latchkey' }],
  tags: [
    { name: 'sign-in', description: 'Signing people in and out, in their browser.' },
    { name: 'account', description: 'The signed-in user.' },
    { name: 'tokens', description: 'Getting, verifying and revoking what Latchkey issues.' },
    { name: 'events', description: 'What providers report.' },
    { name: 'admin', description: 'What the operator’s own programs do to users.' },
    { name: 'operations', description: 'Running the service.' },
  ],
})

const securitySchemesOf = (publicUrl: string) => ({
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An access token of ours.',
  },
  sessionCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: cookieName(publicUrl, 'access'),
    description: 'Set by a login with `response_mode=cookie`.',
  },
  refreshCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: cookieName(publicUrl, 'refresh'),
    description: 'Set by a login with `response_mode=cookie`; renewed by each refresh.',
  },
  client: {
    type: 'http',
    scheme: 'basic',
    description: 'A confidential client’s id and secret; they may stand in the body instead.',
  },
})

/** Describes every route that is registered after it, from the schemas, at `/openapi.json`. */
export function describeRoutes(app: FastifyInstance, publicUrl: string): void {
  const described: { path: string; method: string; shape: RouteShape }[] = []
  app.addHook('onRoute', ({ url, method, config }) => {
    const shape = config?.described
    // Every GET answers HEAD too.
    if (shape === undefined || method === 'HEAD') return
    const path = url.replace(/:(\w+)/g, '{$1}')
    described.push({ path, method: String(method).toLowerCase(), shape })
  })
  const write = (): string => {
    const components: Components = new Map()
    const paths: Record<string, Record<string, Operation>> = {}
    for (const { path, method, shape } of described) {
      paths[path] = { ...paths[path], [method]: toOperation(shape, components) }
    }
    const webhooks = describeWebhooks(components)
    const schemas = Object.fromEntries(components)
    const document = {
      ...headOf(publicUrl),
      components: { schemas, securitySchemes: securitySchemesOf(publicUrl) },
      paths,
      webhooks,
    }
    return JSON.stringify(document).replaceAll(PUBLIC_URL, publicUrl)
  }
  // As bytes: it is large, and so is not encoded again for each answer.
  let text: Buffer | undefined
  preflightOfPublic(app, '/openapi.json')
  route(app, 'GET', '/openapi.json', {
    docs: {
      operationId: 'getDescription',
      summary: 'This description',
      description: 'OpenAPI 3.1, from the schemas that validate the requests.',
      tags: ['operations'],
      security: [],
      cacheSeconds: CACHE_SECONDS,
      answers: { 200: 'The description.' },
      examples: {
        description: {
          summary: 'The beginning of it',
          status: 200,
          answer: { openapi: '3.1.0', info: { title: 'Latchkey', version } },
        },
      },
    },
    responses: { 200: z.looseObject({ openapi: z.string(), info: z.looseObject({}) }) },
    handle: ({ reply }) => {
      text ??= Buffer.from(write())
      return reply
        .headers(publicDocument(CACHE_SECONDS))
        .type('application/json; charset=utf-8')
        .send(text)
    },
  })
}
