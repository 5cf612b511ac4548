import type { ResponseMode } from '../core/client/client.ts'
import { REPEAT_SECONDS } from '../core/client/used-flows.ts'
import { equalInConstantTime, type Sealer, s256 } from '../core/secrets.ts'
import { cookieName } from '../core/settings/public-url.ts'
import { randomPart } from './ways-on/resumable-state.ts'

/** How long a login may take from start to callback. */
export const FLOW_TTL_SECONDS = 600

/** How many logins one browser can have under way at once. */
const MAX_FLOWS = 5

/**
 * The size of all flow cookies together, in characters: the headers of a request may have 16 KiB,
 * of which the provider's code may take 8.
 */
const MAX_FLOWS_SIZE = 6_000

/** What a flow keeps of the client's authorization request. */
interface FlowClient {
  id: string
  /** The scope as it will be granted. */
  scope: string
  nonce: string | null
  resource: string | null
  /** Null where the callback answers with the tokens itself. */
  redirectUri: string | null
  state: string | null
  codeChallenge: string | null
  responseMode: ResponseMode
  /** `link`: the code stands for the identity alone, and nobody is signed in. */
  intent: 'link' | null
  uiLocales: string | null
  /** `max_age` in seconds; null where the client sent none. */
  maxAge: number | null
  /** `prompt` as it was sent. */
  prompt: string | null
  /** The user whom `id_token_hint` names; null where there is none. */
  hinted: string | null
}

/** One login in one browser: what the callback must find again, and nobody else may read. */
export interface Flow {
  provider: string
  state: string
  nonce: string
  /** The PKCE verifier, null for a provider that does not take one. */
  verifier: string | null
  /** Milliseconds since 1970. */
  expiresAt: number
  /**
   * The id of the session that the login opens. It is chosen at the start, so that a repeated
   * callback finds the session.
   */
  sessionId: string
  /** The secret that the code and tokens are derived from; it never leaves the sealed cookie. */
  seed: string
  /** Whether this is the automatic second try of a login (see `start/second-try.ts`). */
  isSecondTry: boolean
  client: FlowClient
}

/** A cookie to set; an empty value with `maxAgeSeconds` 0 clears it. */
export interface FlowCookie {
  name: string
  value: string
  maxAgeSeconds: number
}

/** The cookies that a browser sent. */
type Sent = Readonly<Record<string, string | undefined>>

/** The flow cookies: one per flow, sealed, found by the state that comes back. */
export interface FlowCookies {
  /**
   * The cookies to set for a new flow, and those to clear where the browser has more than it may.
   */
  start(flow: Flow, sent: Sent, now: number): FlowCookie[]
  /** The flow of this state, if this browser started it and it has not expired; else null. */
  find(state: string, sent: Sent, now: number): Flow | null
  /** The flows that this browser has under way at a provider, with the names of their cookies. */
  under(provider: string, sent: Sent, now: number): { flow: Flow; name: string }[]
  /** The cookie that keeps a finished flow for as long as its answer may be asked for again. */
  keep(state: string, sent: Sent): FlowCookie
  /** The cookie that clears the flow of this state. */
  clear(state: string): FlowCookie
}

// A flow is sealed as a list of values in these orders: names would take a sixth of the room.
const NAMES = namesOf<Omit<Flow, 'client'>>({
  provider: 1,
  state: 1,
  nonce: 1,
  verifier: 1,
  expiresAt: 1,
  sessionId: 1,
  seed: 1,
  isSecondTry: 1,
})
const CLIENT_NAMES = namesOf<FlowClient>({
  id: 1,
  scope: 1,
  nonce: 1,
  resource: 1,
  redirectUri: 1,
  state: 1,
  codeChallenge: 1,
  responseMode: 1,
  intent: 1,
  uiLocales: 1,
  maxAge: 1,
  prompt: 1,
  hinted: 1,
})

/**
 * Bound into the seal: a flow that another version of Latchkey sealed with other members does not
 * open.
 */
const SHAPE = s256(JSON.stringify([NAMES, CLIENT_NAMES]))

function namesOf<T>(all: Record<keyof T, 1>) {
  return Object.keys(all) as (keyof T)[]
}

/**
 * Flow -> text. Of the state only the random part is kept: the cookie's name is a hash of the whole
 * state. The client's state follows on a second line as it is, since JSON would double each quote.
 */
function pack(flow: Flow): string {
  const { state } = flow.client
  const values: unknown[] = []
  for (const name of NAMES) values.push(name === 'state' ? randomPart(flow.state) : flow[name])
  for (const name of CLIENT_NAMES) values.push(name === 'state' ? null : flow.client[name])
  const list = JSON.stringify(values)
  return state === null ? list : `${list}\n${state}`
}

function unpack(text: string): Flow {
  // The JSON that we write has no line break.
  const end = text.indexOf('\n')
  const values: unknown[] = JSON.parse(end === -1 ? text : text.slice(0, end))
  const flow: Record<string, unknown> = {}
  const client: Record<string, unknown> = {}
  let place = 0
  for (const name of NAMES) flow[name] = values[place++]
  for (const name of CLIENT_NAMES) client[name] = values[place++]
  if (end !== -1) client.state = text.slice(end + 1)
  flow.client = client
  return flow as unknown as Flow
}

/** The cookie that clears the one of this name. */
export const cleared = (name: string): FlowCookie => ({ name, value: '', maxAgeSeconds: 0 })

/** Flow cookies under a prefix: `__Host-` where the service is https. */
export function createFlowCookies(sealer: Sealer, publicUrl: string): FlowCookies {
  const prefix = cookieName(publicUrl, 'flow-')
  // A hash of the state, so that the callback finds its cookie and the name does not reveal the
  // state.
  const nameOf = (state: string) => `${prefix}${s256(state).slice(0, 16)}`
  const open = (name: string, value: string | undefined): Flow | null => {
    const text = value === undefined ? null : sealer.open(value, name + SHAPE)
    return text === null ? null : unpack(text)
  }
  const read = (sent: Sent, name: string) => (Object.hasOwn(sent, name) ? sent[name] : undefined)
  return {
    start(flow, sent, now) {
      const name = nameOf(flow.state)
      const value = sealer.seal(pack(flow), name + SHAPE)
      const mine = { name, value, maxAgeSeconds: FLOW_TTL_SECONDS }
      const others = Object.entries(sent)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value = '']) => ({
          name,
          size: value.length,
          expiresAt: open(name, value)?.expiresAt ?? 0,
        }))
        .sort((a, b) => b.expiresAt - a.expiresAt)
      let size = value.length
      const surplus = others.filter((other, place) => {
        size += other.size
        return other.expiresAt <= now || place >= MAX_FLOWS - 1 || size > MAX_FLOWS_SIZE
      })
      return [mine, ...surplus.map((other) => cleared(other.name))]
    },
    find(state, sent, now) {
      const name = nameOf(state)
      const flow = open(name, read(sent, name))
      if (flow === null || flow.expiresAt <= now) return null
      return equalInConstantTime(flow.state, randomPart(state)) ? { ...flow, state } : null
    },
    under: (provider, sent, now) =>
      Object.entries(sent).flatMap(([name, value]) => {
        const flow = name.startsWith(prefix) ? open(name, value) : null
        const isUnderWay = flow?.provider === provider && flow.expiresAt > now
        return flow !== null && isUnderWay ? [{ flow, name }] : []
      }),
    keep(state, sent) {
      const name = nameOf(state)
      return { name, value: read(sent, name) ?? '', maxAgeSeconds: REPEAT_SECONDS }
    },
    clear: (state) => cleared(nameOf(state)),
  }
}

/**
 * The key under which a used flow is recorded in the database; nothing about the flow can be
 * learned from it.
 */
export const flowMark = (flow: Flow): string => s256(`finished ${flow.provider} ${flow.state}`)
