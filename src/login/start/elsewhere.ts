import type { FastifyRequest } from 'fastify'
import { originOf } from '../../core/settings/public-url.ts'
import { isSurelyAnotherSite } from '../../core/settings/urls.ts'
import { shownValue } from '../../core/text.ts'
import { placeOf } from '../../http/log/known.ts'

/**
 * Says in the log where the browser will keep an answer from its app without a word: a message for another origin
 * than the opener's is dropped as the popup closes, and calls of another site's pages bring no cookies.
 */
export function warnOfElsewhere(
  request: FastifyRequest,
  {
    redirectUri,
    responseMode,
    issuer,
  }: { redirectUri: string | null; responseMode: string | undefined; issuer: string },
): void {
  if (redirectUri === null || !/^https?:/.test(redirectUri)) return
  const warn = (event: string, origin: string, text: string) =>
    request.log.warn({ event, ...placeOf(request), origin: shownValue(origin) }, text)
  const origin = originOf(redirectUri)
  if (responseMode === 'cookie' && isSurelyAnotherSite(origin, originOf(issuer))) {
    warn(
      'cookies_for_another_site',
      origin,
      'browsers send no cookies with calls of this origin’s pages, which is another site than PUBLIC_URL: serve both below one domain with the same scheme, or use tokens',
    )
  }
  if (responseMode !== 'web_message') return
  const opener = originOfPage(request.headers.referer)
  if (opener === null || opener === origin || opener === originOf(issuer)) return
  warn(
    'popup_of_another_origin',
    opener,
    `a page of this origin opened the popup, whose answer goes to pages of ${origin} only: open it there, or register a redirect URI of this origin`,
  )
}

/** Null where the browser sends none, since a page may forbid it, or one that is no page's. */
const originOfPage = (referer: string | undefined): string | null =>
  referer !== undefined && /^https?:/.test(referer) && URL.canParse(referer)
    ? originOf(referer)
    : null
