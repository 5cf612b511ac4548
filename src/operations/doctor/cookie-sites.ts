import type { Client } from '../../core/client/client.ts'
import type { OperatorLanguage } from '../../core/settings/operator-texts.ts'
import { originOf } from '../../core/settings/public-url.ts'
import { isSurelyAnotherSite } from '../../core/settings/urls.ts'
import { type Finding, warning } from './findings.ts'

const TEXTS: Readonly<Record<OperatorLanguage, (client: string, origin: string) => string>> = {
  en: (client, origin) =>
    `Cookie mode does not work for ${client} at ${origin}: to browsers that is another site than PUBLIC_URL, and calls of its pages bring no cookies. Serve both with the same scheme and below one domain, or use tokens.`,
  ko: (client, origin) =>
    `${origin}에서는 ${client}의 쿠키 모드가 동작하지 않습니다. 브라우저는 이곳을 PUBLIC_URL과 다른 사이트로 보고 그 페이지의 호출에 쿠키를 보내지 않습니다. 둘을 같은 스킴과 같은 도메인에서 제공하거나 토큰을 쓰세요.`,
}

/** Warns of apps with cookie mode whose pages browsers do not send our cookies for. */
export const checkCookieSites = (
  { clients, publicUrl }: { clients: readonly Client[]; publicUrl: string },
  language: OperatorLanguage,
): Finding[] =>
  clients
    .filter(({ responseModes }) => responseModes.includes('cookie'))
    .flatMap(({ id, origins }) =>
      origins
        .filter((origin) => isSurelyAnotherSite(origin, originOf(publicUrl)))
        .map((origin) => warning(TEXTS[language](id, origin))),
    )
