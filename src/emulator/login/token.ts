import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import {
  type Answer,
  basicOf,
  html,
  isForm,
  isJsonType,
  jsonFormOf,
  rawQuery,
  singleValues,
  textOf,
} from '../http.ts'
import type { PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { type Grant, randomToken } from './codes.ts'

/** The token endpoint: a code or a refresh token for tokens, or a refusal in the provider's words. */
export async function exchange(
  played: PlayedProvider,
  stage: Stage,
  request: FastifyRequest,
): Promise<Answer> {
  const answer = await decide(played, stage, request)
  const encoded = played.encodeToken?.(answer, request) ?? answer
  return { ...encoded, headers: { 'cache-control': 'no-store', ...encoded.headers } }
}

async function decide(
  played: PlayedProvider,
  stage: Stage,
  request: FastifyRequest,
): Promise<Answer> {
  const refuse = (fault: TokenFault, given = '') => played.tokenFault(fault, given)
  const methods: readonly string[] = played.tokenMethods ?? ['POST']
  if (!methods.includes(request.method)) {
    const answer = refuse('method', request.method)
    return { ...answer, headers: { ...answer.headers, allow: methods.join(', ') } }
  }
  const isJson = played.jsonAtToken === true && isJsonType(request)
  const inQuery = methods.includes('GET')
  const bodiless = inQuery && textOf(request) === ''
  if (!isForm(request) && !isJson && !bodiless)
    return refuse('content_type', request.headers['content-type'])
  const query = inQuery ? rawQuery(request) : ''
  const sent = isJson
    ? jsonFormOf(request)
    : singleValues(query === '' ? textOf(request) : `${query}&${textOf(request)}`)
  if (!sent) return refuse('malformed')
  const form = { ...sent, ...(request.params as Record<string, string>) }

  const failure = stage.ledger.peekCode(form.code ?? '')?.grant.failure
  // Unreferenced, so that a process with nothing else to do can end.
  if (failure === '!slow') await wait(stage.slowMs, undefined, { ref: false })
  if (failure === '!server-error') return html(503, '<h1>503 Service Unavailable</h1>')
  if (failure === '!html') return html(200, '<!doctype html><title>Sign in</title><h1>Sign in</h1>')

  const client = clientOf(played, request, form)
  if (client.id !== played.client.id) return refuse('unknown_client', client.id)
  const withoutSecret =
    client.secret === '' &&
    form.client_secret === undefined &&
    played.secretOptional?.(stage, form) === true
  const right = played.checkSecret
    ? await played.checkSecret(stage, client.secret)
    : client.secret === played.client.secret
  const authenticated = right || withoutSecret
  if (!authenticated || failure === '!wrong-secret') return refuse('secret')

  const grantType = form.grant_type ?? (played.withoutTypes ? 'authorization_code' : '')
  const own = Object.hasOwn(played.grants ?? {}, grantType) ? played.grants?.[grantType] : undefined
  if (own) return own(stage, form)
  if (grantType === 'refresh_token') return refresh(played, stage, form)
  if (grantType !== 'authorization_code') return refuse('grant_type', grantType)
  return swap(played, stage, form)
}

async function swap(
  played: PlayedProvider,
  stage: Stage,
  form: Record<string, string>,
): Promise<Answer> {
  const code = stage.ledger.findCode(form.code ?? '')
  if (!code) {
    const known = stage.ledger.peekCode(form.code ?? '')
    return played.tokenFault('code', form.code ?? '', known)
  }
  const leftOut = played.redirectUriOptionalAtToken && form.redirect_uri === undefined
  if (!leftOut && form.redirect_uri !== code.redirectUri) {
    return played.tokenFault('redirect_uri', form.redirect_uri ?? '')
  }
  const verified = verifies(form.code_verifier, code.challenge) || played.pkce === 'ignored'
  if (!verified) return played.tokenFault('verifier', '')
  const further = played.tokenCheck?.(form, code)
  if (further) return played.tokenFault(further, form[further] ?? '')
  // Before anything is awaited, so that of two exchanges at once only one succeeds.
  code.used = true
  return issue(played, stage, code.grant, null, form)
}

async function refresh(
  played: PlayedProvider,
  stage: Stage,
  form: Record<string, string>,
): Promise<Answer> {
  const token = form.refresh_token ?? ''
  const grant = stage.ledger.findRefreshToken(token)
  if (!grant) return played.tokenFault('refresh_token', token)
  const refreshing = played.refreshing?.(grant) ?? 'kept'
  if (refreshing === 'replaced') stage.ledger.revokePair(token)
  return issue(played, stage, grant, refreshing === 'kept' ? token : randomToken(), form)
}

/** True where neither is there, or the verifier is well formed and hashes to the challenge. */
function verifies(verifier: string | undefined, challenge: string | null): boolean {
  if (verifier === undefined) return challenge === null
  const hash = createHash('sha256').update(verifier).digest('base64url')
  return /^[\w.~-]{43,128}$/.test(verifier) && hash === challenge
}

async function issue(
  played: PlayedProvider,
  stage: Stage,
  grant: Grant,
  refreshToken: string | null,
  form: Record<string, string>,
): Promise<Answer> {
  const given = refreshToken ?? (played.givesRefreshToken(grant) ? randomToken() : null)
  const issued = stage.ledger.issueTokens(grant, given)
  const body = await played.tokenBody(stage, grant, issued, refreshToken !== null, form)
  return { status: 200, body }
}

/** The client that a request names and the secret it sends, each empty where there is none. */
export function clientOf(
  played: PlayedProvider,
  request: FastifyRequest,
  form: Record<string, string>,
): { id: string; secret: string } {
  const basic = played.clientAuth.includes('basic') ? basicOf(request) : null
  if (basic) return basic
  const post = played.clientAuth.includes('post')
  return { id: form.client_id ?? '', secret: (post ? form.client_secret : undefined) ?? '' }
}
