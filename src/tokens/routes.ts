import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { publicDocument } from '../http/headers.ts'
import type { KeyRing } from './signing-keys.ts'

/** Public keys only (RFC 7517, section 5). */
const KeySet = z
  .object({
    keys: z.array(
      z.object({
        kty: z.string(),
        kid: z.string(),
        alg: z.string(),
        use: z.literal('sig'),
        n: z.string().optional(),
        e: z.string().optional(),
        crv: z.string().optional(),
        x: z.string().optional(),
        y: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'KeySet' })

const exampleKeys: z.infer<typeof KeySet> = {
  keys: [
    {
      kty: 'EC',
      kid: 'Q3n1zYw7m0c5p2Xv',
      alg: 'ES256',
      use: 'sig',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
  ],
}

/** `/.well-known/jwks.json`: what any standard library verifies our access tokens with. */
export function keyRoutes(app: FastifyInstance, keys: KeyRing): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/.well-known/jwks.json',
    {
      schema: {
        operationId: 'getSigningKeys',
        summary: 'The public signing keys',
        description:
          'Verify access tokens and ID tokens by these (RFC 7517); keep them as long as `Cache-Control` says.',
        tags: ['tokens'],
        security: [],
        response: { 200: KeySet },
        answers: { 200: 'The keys.' },
        examples: { keys: { summary: 'One ES256 key', status: 200, answer: exampleKeys } },
      },
    },
    async (_request, reply) => {
      reply.headers(publicDocument(keys.maxAgeSeconds))
      return { keys: keys.publicKeys() as z.infer<typeof KeySet>['keys'] }
    },
  )
}
