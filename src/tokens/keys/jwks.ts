import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { publicDocument } from '../../http/headers.ts'
import { preflightOfPublic } from '../../http/routes/cors.ts'
import { route } from '../../http/routes/route.ts'
import type { KeyRing } from './signing-keys.ts'

/** Public keys only (RFC 7517, section 5). */
const KeySet = z
  .object({
    keys: z
      .array(
        z.object({
          kty: z.string().meta({ description: 'EC, RSA or OKP.' }),
          kid: z.string().meta({ description: 'As in the header of the tokens that it signed.' }),
          alg: z.string().meta({ description: 'ES256, RS256 or EdDSA.' }),
          use: z.literal('sig').meta({ description: 'It signs.' }),
          n: z.string().optional().meta({ description: 'Of an RSA key.' }),
          e: z.string().optional().meta({ description: 'Of an RSA key.' }),
          crv: z.string().optional().meta({ description: 'Of an EC or OKP key.' }),
          x: z.string().optional().meta({ description: 'Of an EC or OKP key.' }),
          y: z.string().optional().meta({ description: 'Of an EC key.' }),
        }),
      )
      .meta({ description: 'The one that signs, its predecessors and the next one.' }),
  })
  .meta({ id: 'KeySet', description: 'Public keys (RFC 7517, section 5).' })

// The keys of RFC 7515, appendix A.3, RFC 7517, appendix A.1 (cut short) and RFC 8037, appendix A.2.
const EXAMPLE_KEYS: Record<string, object> = {
  ES256: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  },
  RS256: { kty: 'RSA', n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx', e: 'AQAB' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
}

/** `/.well-known/jwks.json`: what any standard library verifies our access tokens with. */
export function keyRoutes(app: FastifyInstance, keys: KeyRing): void {
  const { alg = '' } = keys.current().publicJwk
  const example = { ...EXAMPLE_KEYS[alg], kid: 'Q3n1zYw7m0c5p2Xv', alg, use: 'sig' }
  preflightOfPublic(app, '/.well-known/jwks.json')
  route(app, 'GET', '/.well-known/jwks.json', {
    docs: {
      operationId: 'getSigningKeys',
      summary: 'The public signing keys',
      description:
        'Verify access tokens and ID tokens with these (RFC 7517); keep them as long as `Cache-Control` says.',
      tags: ['tokens'],
      security: [],
      cacheSeconds: keys.maxAgeSeconds,
      answers: { 200: 'The keys.' },
      examples: { keys: { summary: 'One key', status: 200, answer: { keys: [example] } } },
    },
    responses: { 200: KeySet },
    handle: async ({ reply }) => {
      reply.headers(publicDocument(keys.maxAgeSeconds))
      return { keys: (await keys.publicKeys()) as z.infer<typeof KeySet>['keys'] }
    },
  })
}
