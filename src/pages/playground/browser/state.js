import { call, callAs, refresh } from './client.js'
import { decode, verify } from './jwt.js'
import { signedInStore } from './store.js'

/**
 * @import { Choice, Secrets, SignedIn, Tokens } from './client.js'
 * @import { Session } from './sessions-view.js'
 * @import { Provider } from './sign-in-view.js'
 * @import { Verified } from './tokens-view.js'
 * @import { User } from './user-view.js'
 */

/** All that the page shows. */
export const state = {
  /** @type {Provider[]} */
  providers: [],
  /** @type {Choice} */
  choice: { provider: '', mode: 'redirect', hint: '', openid: true },
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
  verified: { access: null, id: null },
  busy: false,
}

/**
 * Keeps a signed-in user in this tab, and asks what there is to show.
 * @param {SignedIn} signedIn
 */
export async function hold(signedIn) {
  signedInStore.write(signedIn)
  const [user, sessions] = await Promise.all([
    callAs(signedIn, '/me'),
    callAs(signedIn, '/me/sessions'),
  ])
  Object.assign(state, { signedIn, user, sessions })
  await checkSignatures(signedIn.tokens)
}

/** @param {Tokens | null} tokens */
async function checkSignatures(tokens) {
  if (tokens === null) return
  const jwks = await call('/.well-known/jwks.json')
  const { access_token, id_token } = tokens
  state.verified = {
    access: await verify(decode(access_token), jwks),
    id: id_token === undefined ? null : await verify(decode(id_token), jwks),
  }
}

/** Nobody is signed in here any more. */
export function forget() {
  signedInStore.clear()
  Object.assign(state, { signedIn: null, user: null, sessions: [], answer: null })
}

/** What this tab held before it was loaded again. */
export async function restore() {
  const before = signedInStore.read()
  if (before === null) return
  try {
    await hold(before)
  } catch {
    // Most likely the access token has expired: that is what the other one is for.
    try {
      const answer = await refresh(before)
      await hold({ ...before, tokens: before.tokens && { ...before.tokens, ...answer } })
    } catch (error) {
      forget()
      throw error
    }
  }
}
