import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Logo } from '../core/pages/brand.ts'
import { NoBody } from '../http/routes/documented.ts'
import { route } from '../http/routes/route.ts'
import { logoPath } from './look.ts'

/** Seconds in a year: the address changes with the bytes. */
const CACHE_SECONDS = 31_536_000

/** The policy for an SVG that is opened by its own URL: it is only drawn. */
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
      answers: { 200: 'The logo.', 302: 'To the logo that there is now.' },
    },
    params: z.object({ version: z.string().meta({ description: 'As the pages have it.' }) }),
    responses: { 200: { content: { [type]: { schema: z.string() } } }, 302: NoBody },
    handle({ params, reply }) {
      // During a rolling update, a page of another replica may ask for another logo.
      if (params.version !== version) return reply.redirect(version, 302)
      return reply
        .type(type)
        .headers({
          'cache-control': `public, max-age=${CACHE_SECONDS}`,
          'content-security-policy': POLICY,
        })
        .send(bytes)
    },
  })
}
