import { STATUS_CODES } from 'node:http'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { publicDocument } from '../http/headers.ts'

/** Describes every route that is registered after it, from the schemas, at `/openapi.json`. */
export async function describeRoutes(app: FastifyInstance, publicUrl: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Latchkey',
        version: '0.1.0',
        description: 'A self-hosted social-login service.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: publicUrl }],
      tags: [
        { name: 'sign-in', description: 'Signing people in.' },
        { name: 'account', description: 'The signed-in user.' },
        { name: 'tokens', description: 'Verifying what Latchkey issues.' },
        { name: 'operations', description: 'Running the service.' },
      ],
      components: {
        securitySchemes: {
          accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => tidy(jsonSchemaTransformObject(document) as OpenApi) as never,
  })
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) =>
    reply.headers(publicDocument(300)).send(app.swagger()),
  )
}

interface OpenApi {
  paths?: Record<string, Record<string, { responses?: Record<string, Response> }>>
  components?: { schemas?: Record<string, unknown> }
}

interface Response {
  description: string
  content?: Record<string, unknown>
}

/** Says what the generator cannot know: what a status means, and that problems have their own type. */
function tidy(document: OpenApi): OpenApi {
  const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path))
  for (const { responses = {} } of operations) {
    for (const [status, response] of Object.entries(responses)) {
      response.description = STATUS_CODES[status] ?? 'Answer'
      const [schema] = Object.values(response.content ?? {})
      if (Number(status) >= 400 && schema !== undefined) {
        const isOAuth = JSON.stringify(schema).includes('/OAuthProblem')
        response.content = { [isOAuth ? 'application/json' : 'application/problem+json']: schema }
      }
    }
  }
  removeUnused(document)
  return document
}

/** The generator makes an input and an output of every schema; what nothing refers to goes. */
function removeUnused(document: OpenApi): void {
  const schemas = document.components?.schemas ?? {}
  for (let before = -1; before !== Object.keys(schemas).length; ) {
    before = Object.keys(schemas).length
    const text = JSON.stringify(document)
    for (const name of Object.keys(schemas)) {
      if (!text.includes(`"#/components/schemas/${name}"`)) delete schemas[name]
    }
  }
}
