import type { FastifyRequest } from 'fastify'
import { type Answer, rawQuery, singleValues } from '../http.ts'
import { type Speaker, speakerOf } from '../pages/language.ts'
import { faultPage, pickPage, postingPage } from '../pages/pick-page.ts'
import type { AuthorizeFault, PlayedProvider } from '../provider.ts'
import type { Stage } from '../stage.ts'
import type { Grant } from './codes.ts'
import { type Pick, pickOf } from './hints.ts'
import { type ProviderSession, sessionHeader, sessionOf } from './session.ts'

type Values = Record<string, string>

/** What goes back to the app. */
interface Outcome {
  /** Raw, without the state. */
  query: string
  /** Null where nobody signed in. */
  grant: Grant | null
  /** True where the provider's further parameters are left out. */
  bare?: boolean
  /** In place of the request's. */
  state?: string
}

/** The authorize endpoint: checks the request, lets somebody be picked, and redirects. */
export function authorize(played: PlayedProvider, stage: Stage, request: FastifyRequest): Answer {
  const raw = rawQuery(request)
  const query = singleValues(raw)
  const speaker = speakerOf(request)
  const asked = { ...query, ...(request.params as Values) }
  const fault = query ? faultOf(played, stage, query) : 'malformed'
  const further = fault ?? played.authorizeCheck?.(asked, raw)
  if (further || !query) {
    const detail = further === 'redirect_uri' ? `redirect_uri=${query?.redirect_uri ?? ''}` : raw
    return faultPage(played, played.authorizeFault(further ?? 'malformed'), detail, speaker)
  }
  const back = (outcome: Outcome) => callback(played, stage, outcome, raw, query, speaker)
  const session = sessionOf(played.id, request)
  const pick = pickOf(played, query) ?? silentPick(played, stage, query, session)
  if (pick === null) {
    const action = request.url.split('?')[0] ?? ''
    return pickPage(played, action, query, speaker)
  }
  if (typeof pick === 'string') return back({ query: pick, grant: null })
  const refused = refusalOf(played, pick, query)
  if (refused) return back({ ...refused, grant: null })

  const lacks = played.ownHints?.[pick.failure ?? '']?.lacksScopes ?? []
  if (lacks.some((scope) => (query.scope ?? '').split(/[ ,]+/).includes(scope))) {
    return faultPage(played, played.authorizeFault('scope'), raw, speaker)
  }
  const isFirst = !stage.ledger.isLinked(pick.persona)
  const grant = { ...grantOf(played, pick, asked, session, lacks), isFirst }
  const refusal = played.personaFault?.(grant)
  if (refusal) return faultPage(played, refusal, pick.persona.id, speaker)
  const challenge = played.pkce === 'off' ? null : (query.code_challenge ?? null)
  const code = stage.ledger.issueCode(grant, stage.redirectUri(), challenge)
  const answer = back({ query: `code=${encodeURIComponent(code)}`, grant })
  return { ...answer, headers: { ...answer.headers, ...sessionHeader(played.id, grant) } }
}

function faultOf(played: PlayedProvider, stage: Stage, query: Values): AuthorizeFault | null {
  if (query.client_id !== played.client.id) return 'unknown_client'
  if (query.redirect_uri !== stage.redirectUri()) return 'redirect_uri'
  if (!played.withoutTypes && query.response_type !== 'code') return 'response_type'
  if (played.scopes(query.scope) === null) return 'scope'
  return pkceFaultOf(played, query)
}

function pkceFaultOf(played: PlayedProvider, query: Values): 'pkce' | null {
  if (played.pkce === 'ignored' || played.pkce === 'off') return null
  const { code_challenge: challenge, code_challenge_method: method } = query
  if (challenge === undefined && method === undefined) {
    return played.pkce === 'required' ? 'pkce' : null
  }
  if (played.pkce === 'refused') return 'pkce'
  // 43 characters: the base64url of SHA-256. Without a method it would mean "plain" (RFC 7636 4.3).
  return method === 'S256' && /^[\w-]{43}$/.test(challenge ?? '') ? null : 'pkce'
}

/** Where nothing may be shown: who is signed in here and has agreed before, else the raw refusal. */
function silentPick(
  played: PlayedProvider,
  stage: Stage,
  { prompt = '', max_age }: Values,
  session: ProviderSession | null,
): Pick | string | null {
  if (!played.silent || prompt !== 'none') return null
  const age = session ? Date.now() / 1000 - session.authTime : Number.POSITIVE_INFINITY
  if (!session || (max_age !== undefined && age > Number(max_age))) {
    return played.silent.login_required
  }
  if (!stage.ledger.isLinked(session.persona)) return played.silent.consent_required
  return { persona: session.persona, failure: null }
}

/** The outcome without a sign-in, if the hint picks one. */
function refusalOf(
  played: PlayedProvider,
  { failure }: Pick,
  query: Values,
): Omit<Outcome, 'grant'> | null {
  if (failure === null) return null
  if (failure === '!denied') return { query: played.denied }
  const silent = played.silent?.[failure.slice(1).replaceAll('-', '_')]
  if (silent !== undefined) return { query: silent }
  const own = played.ownHints?.[failure]
  if (own?.answers === undefined || own.unless?.(query)) return null
  const { answers, withoutIss: bare = false, foreignState } = own
  return { query: answers, bare, ...(foreignState === undefined ? {} : { state: foreignState }) }
}

function grantOf(
  played: PlayedProvider,
  pick: Pick,
  asked: Values,
  session: ProviderSession | null,
  lacks: readonly string[],
): Omit<Grant, 'isFirst'> {
  const refused = pick.failure === '!no-email' ? played.emailScopes : lacks
  const now = Math.floor(Date.now() / 1000)
  const isSilent = asked.prompt === 'none' && session?.persona === pick.persona
  const authTime = isSilent ? session.authTime : now
  return {
    ...pick,
    scopes: (played.scopes(asked.scope) ?? []).filter((scope) => !refused.includes(scope)),
    request: asked,
    authTime: pick.failure === '!old-auth-time' ? now - 86_400 : authTime,
  }
}

function callback(
  played: PlayedProvider,
  stage: Stage,
  { query: answer, grant, bare, state: foreign }: Outcome,
  raw: string,
  query: Values,
  speaker: Speaker,
): Answer {
  const uri = stage.redirectUri()
  const more = bare ? {} : (played.callback?.(stage, grant) ?? {})
  const state = foreign ?? query.state
  if (played.formPost && query.response_mode === 'form_post') {
    const values = [
      ...new URLSearchParams(answer),
      ...(state === undefined ? [] : [['state', state] as const]),
      ...Object.entries(more),
    ]
    return postingPage(played, uri, values, speaker)
  }
  const parts = [answer]
  // As it came, undecoded: byte for byte.
  const asCame = /(?:^|&)(state=[^&]*)/.exec(raw)?.[1]
  if (foreign === undefined && asCame !== undefined) parts.push(asCame)
  else if (state !== undefined) parts.push(`state=${encodeURIComponent(state)}`)
  const further = new URLSearchParams(more).toString()
  if (further !== '') parts.push(further)
  const fragment = played.callbackFragment === undefined ? '' : `#${played.callbackFragment}`
  const location = `${uri}${uri.includes('?') ? '&' : '?'}${parts.join('&')}${fragment}`
  return { status: 302, body: '', headers: { location } }
}
