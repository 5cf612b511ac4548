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

/** `/.well-known/jwks.json`: what any standard library verifies our access tokens with. */
export function keyRoutes(app: FastifyInstance, keys: KeyRing): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/.well-known/jwks.json',
    {
      schema: { summary: 'The public signing keys', tags: ['tokens'], response: { 200: KeySet } },
    },
    async (_request, reply) => {
      reply.headers(publicDocument(keys.maxAgeSeconds))
      return { keys: keys.publicKeys() as z.infer<typeof KeySet>['keys'] }
    },
  )
}
