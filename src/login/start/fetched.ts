import type { FastifyRequest } from 'fastify'
import { placeOf } from '../../http/log/known.ts'

/**
 * Logs that a page's script fetched a login instead of navigating to it. The page only sees a CORS
 * error, since no provider lets scripts read its pages. Programs outside a browser send no
 * `Sec-Fetch-Dest`.
 */
export function warnOfFetched(
  request: FastifyRequest,
  { provider, client }: { provider: string; client: string },
): void {
  if (request.headers['sec-fetch-dest'] !== 'empty') return
  request.log.warn(
    { event: 'login_fetched', ...placeOf(request), provider, client },
    'a script fetched this login, which ends as a CORS error there: a browser must go to it (location.assign, or a link)',
  )
}
