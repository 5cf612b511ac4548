import type { FastifyRequest } from 'fastify'
import { type Answer, rawQuery, singleValues } from './http.ts'
import { faultPage, hintsOf, pickPage } from './page.ts'
import { type Failure, isFailure, type Persona, personas } from './personas.ts'
import type { AuthorizeFault, PlayedProvider, Stage } from './provider.ts'

/** The authorize endpoint: checks the request, lets somebody be picked, and redirects. */
export function authorize(played: PlayedProvider, stage: Stage, request: FastifyRequest): Answer {
  const raw = rawQuery(request)
  const query = singleValues(raw)
  const fault = query ? faultOf(played, stage, query) : 'malformed'
  if (fault || !query) {
    const detail = fault === 'redirect_uri' ? `redirect_uri=${query?.redirect_uri ?? ''}` : raw
    return faultPage(played, played.authorizeFault(fault ?? 'malformed'), detail)
  }
  const hints = hintsOf(played).map((name) => query[name])
  const declined = hints.find((hint) => Object.hasOwn(played.furtherDenied ?? {}, hint ?? ''))
  const words = played.furtherDenied?.[declined ?? '']
  if (words !== undefined) return callback(played, stage, words, raw, query)
  const pick = pickOf(hints)
  if (!pick) return pickPage(played, new URL(stage.url).pathname + played.authorizePath, query)
  if (pick.failure === '!denied') return callback(played, stage, played.denied, raw, query)
  const refused = pick.failure === '!no-email' ? played.emailScopes : []
  const grant = {
    ...pick,
    scopes: (played.scopes(query.scope) ?? []).filter((scope) => !refused.includes(scope)),
    request: query,
    authTime: Math.floor(Date.now() / 1000),
  }
  const challenge = played.pkce === 'off' ? null : (query.code_challenge ?? null)
  const code = stage.ledger.issueCode(grant, stage.redirectUri(), challenge)
  return callback(played, stage, `code=${encodeURIComponent(code)}`, raw, query)
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
): Answer {
  const parts = [answer]
  // As it came, undecoded: byte for byte.
  const state = /(?:^|&)(state=[^&]*)/.exec(raw)?.[1]
  if (state !== undefined) parts.push(state)
  else if (query.state !== undefined) parts.push(`state=${encodeURIComponent(query.state)}`)
  const further = new URLSearchParams(played.callback?.(stage)).toString()
  if (further !== '') parts.push(further)
  const uri = stage.redirectUri()
  const location = `${uri}${uri.includes('?') ? '&' : '?'}${parts.join('&')}`
  return { status: 302, body: '', headers: { location } }
}
