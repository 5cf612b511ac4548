import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Logo } from '../core/brand.ts'
import { route } from '../http/route.ts'
import { logoPath } from './look.ts'

/** Seconds in a year: the address changes with the bytes. */
const CACHE_SECONDS = 31_536_000

/** What an SVG may do that somebody opens by its own address: be drawn. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

/** The operator's logo. */
export function logoRoute(room: FastifyInstance, logo: Logo): void {
  const { bytes, type, version } = logo
  route(room, 'GET', logoPath({ version: ':version' }), {
    docs: {
      operationId: 'showLogo',
      summary: 'The logo of the pages',
      description: 'As BRAND_LOGO has it; `version` changes with its bytes.',
      tags: ['sign-in'],
      security: [],
      produces: [type],
      cacheSeconds: CACHE_SECONDS,
    },
    params: z.object({ version: z.string().meta({ description: 'As the pages have it.' }) }),
    responses: { 200: { content: { [type]: { schema: z.string() } } } },
    handle({ params, reply }) {
      // While replicas change over, a page of another one may ask for another logo.
      const isThis = params.version === version
      return reply
        .type(type)
        .headers({
          'cache-control': isThis ? `public, max-age=${CACHE_SECONDS}, immutable` : 'no-store',
          'content-security-policy': POLICY,
        })
        .send(bytes)
    },
  })
}
