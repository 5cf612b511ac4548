import { CLIENT_ID, call, callAs, Refused, refresh } from './client.js'
import { decode, verify } from './jwt.js'
import { signedInStore } from './store.js'

/**
 * @import { Choice, Secrets, SignedIn, Tokens } from './client.js'
 * @import { Session } from './views/sessions-view.js'
 * @import { Provider } from './views/sign-in-view.js'
 * @import { Verified } from './views/tokens-view.js'
 * @import { User } from './views/user-view.js'
 */

/** All that the page shows. */
export const state = {
  /** @type {Provider[]} */
  providers: [],
  /** @type {Choice} */
  choice: { app: CLIENT_ID, provider: '', mode: 'redirect', hint: '', openid: true },
  /** @type {Secrets} */
  secrets: { state: '', verifier: '', challenge: '', nonce: '' },
  /** @type {SignedIn | null} */
  signedIn: null,
  /** @type {User | null} */
  user: null,
  /** @type {Session[]} */
  sessions: [],
  /** What the last refresh answered. @type {Partial<Tokens> | null} */
  answer: null,
  /** @type {Verified} */
  verified: { access: false, id: false },
}

/**
 * Keeps a signed-in user in this tab.
 * @param {SignedIn} signedIn
 */
function keep(signedIn) {
  state.signedIn = signedIn
  signedInStore.write(signedIn)
}

/** Nobody is signed in here any more. */
export function forget() {
  signedInStore.clear()
  Object.assign(state, { signedIn: null, user: null, sessions: [], answer: null })
}

/**
 * Keeps a signed-in user in this tab, and asks what there is to show.
 * @param {SignedIn} signedIn
 */
export async function hold(signedIn) {
  keep(signedIn)
  const user = await ask('/me')
  const sessions = await ask('/me/sessions')
  await checkSignatures()
  Object.assign(state, { user, sessions })
}

/**
 * A call as the signed-in user. The access token may have expired: the refresh token is for that.
 * @param {string} path
 * @param {string} [method]
 * @param {Record<string, string>} [form]
 */
export async function ask(path, method, form) {
  try {
    return await callAs(signedIn(), path, method, form)
  } catch (error) {
    if (!(error instanceof Refused && error.code === 'invalid_token')) throw error
    await renew()
    return callAs(signedIn(), path, method, form)
  }
}

/** New tokens for the old; where the session is over, nobody is signed in any more. */
export async function renew() {
  const before = signedIn()
  try {
    state.answer = await refresh(before)
    keep({ ...before, tokens: before.tokens && { ...before.tokens, ...state.answer } })
  } catch (error) {
    if (!(error instanceof Refused && error.code.startsWith('invalid_'))) throw error
    forget()
    throw new Refused('session_over', error.message)
  }
}

function signedIn() {
  if (state.signedIn === null) throw new Refused('session_over')
  return state.signedIn
}

async function checkSignatures() {
  const { tokens } = signedIn()
  if (tokens === null) return
  const jwks = await call('/.well-known/jwks.json')
  const { access_token, id_token } = tokens
  state.verified = {
    access: await verify(decode(access_token), jwks),
    id: id_token !== undefined && (await verify(decode(id_token), jwks)),
  }
}
