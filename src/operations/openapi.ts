import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { cookieName } from '../core/public-url.ts'
import { PUBLIC_URL } from '../http/documented.ts'
import { exampleApp, exampleValues } from '../http/examples.ts'
import { publicDocument } from '../http/headers.ts'
import { route } from '../http/route.ts'
import type { OpenApi } from './openapi/document.ts'
import { tidy } from './openapi/tidy.ts'

const packageFile = new URL('../../package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }

/** For how long the description may be kept. */
const CACHE_SECONDS = 300

const description = `A self-hosted social-login service: people sign in with the provider they already use, your API verifies a JWT.

Errors are problem details (RFC 9457) with a \`code\` for programs; at \`/token\`, \`/revoke\` and \`/introspect\` they are those of RFC 6749. A browser (\`Accept: text/html\`) gets a page instead. Any route may answer 500 in the same form, 405 with \`Allow\` to another method, and 503 with \`Retry-After\` while the server stops.

## The examples

Requests and answers of one name belong together. The client \`${exampleApp.client_id}\` is public, with the redirect URI \`${exampleApp.redirect_uri}\` and the way back \`${exampleApp.post_logout_redirect_uri}\`; \`api\` is confidential. \`login.example.com\` stands for this server, and the providers of the examples for those that are enabled here; \`login_hint\` with a persona works where they are emulated. What begins with \`$\` stands for what an earlier answer gave:

| example | stands for |
|---|---|
${Object.entries(exampleValues)
  .map(([name, origin]) => `| \`${name}\` | ${origin} |`)
  .join('\n')}
`

/** Describes every route that is registered after it, from the schemas, at `/openapi.json`. */
export async function describeRoutes(app: FastifyInstance, publicUrl: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Latchkey',
        version,
        summary: 'Sign in with the provider you already use.',
        description,
        contact: { name: 'Whoever runs this Latchkey', url: publicUrl },
        license: { name: 'MIT', identifier: 'MIT' },
      } as never,
      servers: [{ url: publicUrl, description: 'This Latchkey' }],
      tags: [
        { name: 'sign-in', description: 'Signing people in and out, in their browser.' },
        { name: 'account', description: 'The signed-in user.' },
        { name: 'tokens', description: 'Getting, verifying and ending what Latchkey issues.' },
        { name: 'operations', description: 'Running the service.' },
      ],
      components: {
        securitySchemes: {
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
            description: 'Set by the same; renewed by each refresh.',
          },
          client: {
            type: 'http',
            scheme: 'basic',
            description:
              'A confidential client’s id and secret; they may stand in the body instead.',
          },
        },
      },
    },
    transform: (route) => {
      const { examples, answers, cookies, cacheSeconds, ...schema } = route.schema ?? {}
      const notes = { examples, answers, cookies, cacheSeconds }
      return jsonSchemaTransform({ ...route, schema: { ...schema, 'x-notes': notes } } as never)
    },
    transformObject: (document) => tidy(jsonSchemaTransformObject(document) as OpenApi) as never,
  })
  let text: string | undefined
  route(app, 'GET', '/openapi.json', {
    docs: {
      operationId: 'getDescription',
      summary: 'This description',
      description: 'OpenAPI 3.1, made of the schemas that validate the requests.',
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
      text ??= JSON.stringify(app.swagger()).replaceAll(PUBLIC_URL, publicUrl)
      return reply
        .headers(publicDocument(CACHE_SECONDS))
        .type('application/json; charset=utf-8')
        .send(text)
    },
  })
}
