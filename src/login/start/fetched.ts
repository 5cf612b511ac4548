import type { FastifyRequest } from 'fastify'
import { placeOf } from '../../http/log/known.ts'

/**
 * Says in the log that a script of a page fetched a login. The page sees an error of CORS and nothing of ours,
 * since no provider lets scripts read its pages. Programs without a browser send no `Sec-Fetch-Dest`.
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
