import type { FastifyRequest } from 'fastify'
import type { Grant } from './codes.ts'
import { type Answer, rawQuery, singleValues } from './http.ts'
import { faultPage, hintsOf, pickPage, postingPage } from './page.ts'
import { type Failure, isFailure, type Persona, personas } from './personas.ts'
import type { AuthorizeFault, PlayedProvider } from './provider.ts'
import type { Stage } from './stage.ts'

/** The authorize endpoint: checks the request, lets somebody be picked, and redirects. */
export function authorize(played: PlayedProvider, stage: Stage, request: FastifyRequest): Answer {
  const raw = rawQuery(request)
  const query = singleValues(raw)
  const asked = { ...query, ...(request.params as Record<string, string>) }
  const fault = query ? faultOf(played, stage, query) : 'malformed'
  const further = fault ?? played.authorizeCheck?.(asked, raw)
  if (further || !query) {
    const detail = further === 'redirect_uri' ? `redirect_uri=${query?.redirect_uri ?? ''}` : raw
    return faultPage(played, played.authorizeFault(further ?? 'malformed'), detail)
  }
  const hints = hintsOf(played).map((name) => query[name])
  const declined = hints.find((hint) => Object.hasOwn(played.furtherDenied ?? {}, hint ?? ''))
  const words = played.furtherDenied?.[declined ?? '']
  if (words !== undefined) return callback(played, stage, words, raw, query)
  const pick = pickOf(hints)
  if (!pick) return pickPage(played, request.url.split('?')[0] ?? '', query)
  if (pick.failure === '!denied') return callback(played, stage, played.denied, raw, query)
  const refused = pick.failure === '!no-email' ? played.emailScopes : []
  const grant = {
    ...pick,
    scopes: (played.scopes(query.scope) ?? []).filter((scope) => !refused.includes(scope)),
    request: asked,
    authTime: Math.floor(Date.now() / 1000),
  }
  const refusal = played.personaFault?.(grant)
  if (refusal) return faultPage(played, refusal, pick.persona.id)
  const challenge = played.pkce === 'off' ? null : (query.code_challenge ?? null)
  const code = stage.ledger.issueCode(grant, stage.redirectUri(), challenge)
  return callback(played, stage, `code=${encodeURIComponent(code)}`, raw, query, grant)
}

function faultOf(
  played: PlayedProvider,
  stage: Stage,
  query: Record<string, string>,
): AuthorizeFault | null {
  if (query.client_id !== played.client.id) return 'unknown_client'
  if (query.redirect_uri !== stage.redirectUri()) return 'redirect_uri'
  if (!played.withoutTypes && query.response_type !== 'code') return 'response_type'
  if (played.scopes(query.scope) === null) return 'scope'
  return pkceFaultOf(played, query)
}

function pkceFaultOf(played: PlayedProvider, query: Record<string, string>): 'pkce' | null {
  if (played.pkce === 'ignored' || played.pkce === 'off') return null
  const { code_challenge: challenge, code_challenge_method: method } = query
  if (challenge === undefined && method === undefined) {
    return played.pkce === 'required' ? 'pkce' : null
  }
  if (played.pkce === 'refused') return 'pkce'
  // 43 characters: the base64url of SHA-256. Without a method it would mean "plain" (RFC 7636 4.3).
  return method === 'S256' && /^[\w-]{43}$/.test(challenge ?? '') ? null : 'pkce'
}

function pickOf(
  hints: readonly (string | undefined)[],
): { persona: Persona; failure: Failure | null } | null {
  for (const hint of hints) {
    if (hint !== undefined && isFailure(hint)) return { persona: personas[0], failure: hint }
    const persona = personas.find((one) => one.id === hint)
    if (persona) return { persona, failure: null }
  }
  return null
}

function callback(
  played: PlayedProvider,
  stage: Stage,
  answer: string,
  raw: string,
  query: Record<string, string>,
  grant: Grant | null = null,
): Answer {
  const uri = stage.redirectUri()
  const more = played.callback?.(stage, grant) ?? {}
  if (played.formPost && query.response_mode === 'form_post') {
    const state = query.state === undefined ? [] : [['state', query.state] as const]
    return postingPage(played, uri, [
      ...new URLSearchParams(answer),
      ...state,
      ...Object.entries(more),
    ])
  }
  const parts = [answer]
  // As it came, undecoded: byte for byte.
  const state = /(?:^|&)(state=[^&]*)/.exec(raw)?.[1]
  if (state !== undefined) parts.push(state)
  else if (query.state !== undefined) parts.push(`state=${encodeURIComponent(query.state)}`)
  const further = new URLSearchParams(more).toString()
  if (further !== '') parts.push(further)
  const fragment = played.callbackFragment === undefined ? '' : `#${played.callbackFragment}`
  const location = `${uri}${uri.includes('?') ? '&' : '?'}${parts.join('&')}${fragment}`
  return { status: 302, body: '', headers: { location } }
}
