import { decode } from './jwt.js'
import { language } from './words.js'

/**
 * @import { PlaygroundApp, PlaygroundFacts } from '../facts.ts'
 * @typedef {'redirect' | 'popup' | 'cookie'} Mode
 * @typedef {{ app: string, provider: string, mode: Mode, hint: string, openid: boolean }} Choice `app`: its client id
 * @typedef {{ state: string, verifier: string, challenge: string, nonce: string }} Secrets
 * @typedef {Choice & Secrets & { extra?: Record<string, string> }} Pending `extra`: further parameters
 * @typedef {{ access_token: string, refresh_token: string, id_token?: string, token_type: string, expires_in: number, scope: string }} Tokens
 * @typedef {{ app: string, mode: Mode, provider: string, hint: string, tokens: Tokens | null, code: string | null, verifier: string }} SignedIn
 */

/** The page's own client. */
export const CLIENT_ID = 'playground'

/** @type {PlaygroundFacts} */
export const settings = JSON.parse(document.body.dataset.facts ?? '')
export const REDIRECT_URI = `${settings.publicUrl}/`

/**
 * The app that a login is for; the page's own is none of the others.
 * @param {string} id
 * @returns {PlaygroundApp | undefined}
 */
export const otherApp = (id) => settings.apps.find((one) => one.id === id)

/**
 * Where the answer of an app's login goes.
 * @param {string} id
 */
export const redirectUriOf = (id) => otherApp(id)?.redirectUri ?? REDIRECT_URI

/** What the browser compares; the address may have a path. */
export const ORIGIN = new URL(settings.publicUrl).origin

/** @param {ArrayBuffer | Uint8Array} bytes */
const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

/**
 * What one login keeps to itself until the answer comes: RFC 7636 for verifier and challenge.
 * @returns {Promise<Secrets>}
 */
export async function makeSecrets() {
  const verifier = random()
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  return { state: random(), nonce: random(), verifier, challenge: base64url(hash) }
}

/**
 * The authorization request (RFC 6749, section 4.1.1) as a URL of Latchkey.
 * @param {Pending} pending
 */
export function authorizationUrl(pending) {
  const { app, provider, mode, hint, openid, state, nonce, challenge, extra = {} } = pending
  const url = new URL(`${settings.publicUrl}/login/${encodeURIComponent(provider)}`)
  const add = url.searchParams
  add.set('client_id', app)
  add.set('redirect_uri', redirectUriOf(app))
  add.set('response_type', 'code')
  if (mode === 'cookie') add.set('response_mode', 'cookie')
  if (mode === 'popup') add.set('response_mode', 'web_message')
  add.set('scope', openid ? 'openid profile email account' : 'profile email account')
  add.set('state', state)
  if (openid && mode !== 'cookie') add.set('nonce', nonce)
  // In cookie mode there is no code that a challenge could protect.
  if (mode !== 'cookie') {
    add.set('code_challenge', challenge)
    add.set('code_challenge_method', 'S256')
  }
  if (hint !== '') add.set('login_hint', hint)
  add.set('ui_locales', language)
  for (const [name, value] of Object.entries(extra)) add.set(name, value)
  return url.href
}

/** An answer that is not a success; `code` is for programs. */
export class Refused extends Error {
  /**
   * @param {string} code
   * @param {string} [message]
   * @param {{ status?: number, body?: unknown }} [answer] as it came
   */
  constructor(code, message = '', { status, body } = {}) {
    super(message)
    this.code = code
    this.status = status
    this.body = body
  }
}

/**
 * The code of an authorization response; null in cookie mode. Throws what is wrong with it.
 * @param {URLSearchParams} response
 * @param {Pending | null} pending
 */
export function readResponse(response, pending) {
  // First of all: whoever sends somebody here with another's code does not know this state.
  if (pending === null || response.get('state') !== pending.state) throw new Refused('state')
  // Another server's answer must not be taken for this one's (RFC 9207).
  if (response.get('iss') !== settings.publicUrl) throw new Refused('iss')
  const error = response.get('error')
  if (error !== null) throw new Refused(error, response.get('error_description') ?? '')
  const code = response.get('code')
  if ((code === null) !== (pending.mode === 'cookie')) throw new Refused('invalid_response')
  return code
}

/**
 * A call to Latchkey: the JSON of the answer, null where it has none.
 * @param {string} path
 * @param {RequestInit} [init]
 */
export async function call(path, init) {
  const answer = await fetch(settings.publicUrl + path, init).catch(() => {
    throw new Refused('unreachable')
  })
  const text = await answer.text()
  const body = /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : null
  if (answer.ok) return body
  throw new Refused(
    body?.error ?? body?.code ?? String(answer.status),
    body?.error_description ?? body?.detail ?? '',
    { status: answer.status, body },
  )
}

/**
 * @param {string} path
 * @param {Record<string, string>} form
 */
const post = (path, form) => call(path, { method: 'POST', body: new URLSearchParams(form) })

/**
 * @param {string} code
 * @param {Pending} pending
 * @returns {Promise<Tokens>}
 */
export async function redeem(code, { app, verifier, nonce, openid }) {
  /** @type {Tokens} */
  const tokens = await post('/token', {
    grant_type: 'authorization_code',
    client_id: app,
    redirect_uri: redirectUriOf(app),
    code,
    code_verifier: verifier,
  })
  if (openid && !isIdTokenOurs(tokens.id_token, app, nonce)) throw new Refused('id_token')
  return tokens
}

/**
 * Whether an ID token answers the request of this page (OpenID Connect Core, section 3.1.3.7). It came
 * straight from the token endpoint, so its signature may wait until it is shown.
 * @param {string | undefined} idToken
 * @param {string} app
 * @param {string} nonce
 */
function isIdTokenOurs(idToken, app, nonce) {
  if (idToken === undefined) return false
  const { iss, aud, exp, nonce: named } = decode(idToken).claims
  return (
    iss === settings.publicUrl && aud === app && Number(exp) > Date.now() / 1000 && named === nonce
  )
}

/** @param {SignedIn} signedIn */
const authorization = ({ tokens }) =>
  tokens === null ? {} : { Authorization: `Bearer ${tokens.access_token}` }

/**
 * A call as the signed-in user: by token, or by the cookie that the browser adds.
 * @param {SignedIn} signedIn
 * @param {string} path
 * @param {string} [method]
 * @param {Record<string, string>} [form]
 */
export const callAs = (signedIn, path, method = 'GET', form) =>
  call(path, {
    method,
    headers: authorization(signedIn),
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
  })

/**
 * New tokens for the old; in cookie mode they stay in the cookies.
 * @param {SignedIn} signedIn
 * @returns {Promise<Tokens>}
 */
export const refresh = ({ app, tokens }) =>
  post('/token', {
    grant_type: 'refresh_token',
    ...(tokens === null ? {} : { client_id: app, refresh_token: tokens.refresh_token }),
  })

/**
 * @param {string} app
 * @param {Tokens} tokens
 */
export const revoke = (app, tokens) =>
  post('/revoke', { client_id: app, token: tokens.refresh_token })

/**
 * RP-Initiated Logout; without an ID token the cookies say who it is.
 * @param {SignedIn} signedIn
 * @param {'/logout' | `/logout/${string}`} path the second goes on to the provider's own logout
 */
export function logoutUrl({ app, tokens }, path) {
  const url = new URL(settings.publicUrl + path)
  if (tokens?.id_token) url.searchParams.set('id_token_hint', tokens.id_token)
  url.searchParams.set('client_id', app)
  // Latchkey sends nobody where the app is not registered to go.
  if (otherApp(app)?.leavesHere !== false) {
    url.searchParams.set('post_logout_redirect_uri', REDIRECT_URI)
  }
  return url.href
}
