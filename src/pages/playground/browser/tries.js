import {
  CLIENT_ID,
  call,
  callAs,
  makeSecrets,
  Refused,
  readResponse,
  redeem,
  revoke,
  settings,
} from './client.js'
import { signInByPopup } from './popup.js'
import { ask, forget, hold, state } from './state.js'
import { words } from './words.js'

/**
 * @import { Pending, Tokens } from './client.js'
 * @typedef {{ text: string, isGood: boolean, shown?: string }} Outcome what a card shows of its last run
 */

/** What the cards show, by the card. @type {Record<string, Outcome>} */
export const outcomes = {}

/** Whether somebody has been asked whether they mean it. */
export const asked = { remove: false }

const text = words.tries

/** Forgets what came of it, with whoever was signed in. */
export function reset() {
  for (const id of Object.keys(outcomes)) delete outcomes[id]
  asked.remove = false
}

/**
 * A login of its own in a popup, beside that of the page.
 * @param {{ provider: string, hint?: string, extra: Record<string, string> }} of
 * @returns {Promise<{ code: string, pending: Pending }>}
 */
async function loginBeside({ provider, hint = '', extra }) {
  const app = state.signedIn?.app ?? CLIENT_ID
  /** @type {Pending} */
  const pending = { app, provider, mode: 'popup', hint, openid: false, extra, ...state.secrets }
  try {
    const code = readResponse(await signInByPopup(pending), pending)
    if (code === null) throw new Refused('invalid_response')
    return { code, pending }
  } finally {
    state.secrets = await makeSecrets()
  }
}

/** What a refusal says, as it came. @param {Refused} refused */
const shownOf = ({ status, body }) => `${status} ${JSON.stringify(body, null, 2)}`

/**
 * Adds an account of another provider to the user.
 * @param {string} provider
 * @param {string} name
 */
export async function link(provider, name) {
  const { code, pending } = await loginBeside({ provider, extra: { intent: 'link' } })
  const linked = await ask('/me/identities', 'POST', {
    code,
    redirect_uri: `${settings.publicUrl}/`,
    code_verifier: pending.verifier,
  })
  outcomes.link = {
    text: text.link.done(name),
    isGood: true,
    shown: JSON.stringify(linked, null, 2),
  }
  state.user = await ask('/me')
}

/**
 * Takes an account from the user; where it opened this session, nobody is signed in here any more.
 * @param {string} provider
 * @param {string} name
 * @returns {Promise<string>} what to say
 */
export async function unlink(provider, name) {
  try {
    await ask(`/me/identities/${provider}`, 'DELETE')
  } catch (error) {
    if (!(error instanceof Refused && error.code === 'last_identity')) throw error
    outcomes.unlink = { text: words.problems.last_identity, isGood: false, shown: shownOf(error) }
    return words.problems.last_identity
  }
  outcomes.unlink = { text: text.unlink.done(name), isGood: true, shown: '204' }
  if (state.signedIn !== null) await hold(state.signedIn).catch(() => forget())
  return text.unlink.done(name)
}

/** The provider that signs somebody in without a page: the person's own, else one that is emulated. */
export function silentProvider() {
  const { silent, emulated } = settings
  return (
    silent.find((id) => id === state.signedIn?.provider) ??
    silent.find((id) => emulated.includes(id))
  )
}

/** @param {string} provider */
function hintAt(provider) {
  const { signedIn } = state
  if (!settings.emulated.includes(provider) || signedIn === null) return ''
  return signedIn.hint.replace(/^!.*/, '') || (signedIn.provider === provider ? '' : 'minji')
}

/**
 * A login, and what needs a fresh one: unlinking an account that is not there.
 * @param {string} provider
 * @param {Record<string, string>} extra
 * @returns {Promise<Refused>}
 */
async function askAfter(provider, extra) {
  const login = await loginBeside({ provider, hint: hintAt(provider), extra })
  /** @type {Tokens} */
  const tokens = await redeem(login.code, login.pending)
  const { app } = login.pending
  const beside = {
    app,
    mode: /** @type {const} */ ('popup'),
    provider,
    hint: '',
    tokens,
    code: null,
    verifier: '',
  }
  try {
    await callAs(beside, '/me/identities/none', 'DELETE')
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  } finally {
    await revoke(app, tokens).catch(() => {})
  }
  throw new Refused('unexpected')
}

/** Refused: the session has begun without anybody signing in. @param {string} provider */
export async function askStale(provider) {
  const refused = await askAfter(provider, { prompt: 'none' })
  outcomes.stepUp = { text: text.stepUp.refused, isGood: false, shown: shownOf(refused) }
}

/** The step up: the person signs in anew. @param {string} provider */
export async function askFresh(provider) {
  const canTell = state.providers.some(({ id, auth_time }) => id === provider && auth_time === true)
  const refused = await askAfter(provider, canTell ? { max_age: '60' } : {})
  outcomes.stepUp = { text: text.stepUp.accepted, isGood: true, shown: shownOf(refused) }
}

/**
 * Has somebody disconnect the app at an emulated provider, and looks whether the session is over.
 * @param {string} provider
 * @param {string} persona
 */
export async function disconnect(provider, persona) {
  const { sent, answer } = await call('/playground/disconnect', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ provider, persona }),
  })
  const { signedIn } = state
  const isOver =
    signedIn !== null &&
    (await callAs(signedIn, '/me').then(
      () => false,
      () => true,
    ))
  const body = sent.body.length > 400 ? `${sent.body.slice(0, 400)}…` : sent.body
  outcomes.disconnect = {
    text: isOver ? text.disconnect.ended : text.disconnect.alive,
    isGood: isOver,
    shown: `${sent.method} ${sent.url}\n\n${body}\n\n→ ${answer?.status ?? '—'}`,
  }
}

/** Deletes the user, once somebody has said so twice. */
export async function remove() {
  await ask('/me', 'DELETE')
  forget()
}
