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
    transformObject: jsonSchemaTransformObject,
  })
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) =>
    reply.headers(publicDocument(300)).send(app.swagger()),
  )
}
