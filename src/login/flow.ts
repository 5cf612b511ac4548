import type { ResponseMode } from '../core/client/client.ts'
import { REPEAT_SECONDS } from '../core/client/used-flows.ts'
import { equalInConstantTime, hashToken, type Sealer, s256 } from '../core/secrets.ts'
import { cookieName } from '../core/settings/public-url.ts'
import { randomPart } from './ways-on/resumable-state.ts'

/** How long a login may take from start to callback. */
export const FLOW_TTL_SECONDS = 600

/** Logins that one browser can have under way at once. */
const MAX_FLOWS = 5

/** Characters of all flow cookies together: all headers of a request may have 16 KiB, a code 8 of them. */
const MAX_FLOWS_SIZE = 6_000

/** What a flow keeps of the client's request. */
interface FlowClient {
  id: string
  /** As granted. */
  scope: string
  nonce: string | null
  resource: string | null
  /** Null where the callback itself answers with the tokens. */
  redirectUri: string | null
  state: string | null
  codeChallenge: string | null
  responseMode: ResponseMode
  /** `link`: the code names the identity, and nobody is signed in. */
  intent: 'link' | null
  uiLocales: string | null
  /** Seconds since the person authenticated, at most; null where nobody asked. */
  maxAge: number | null
  /** `prompt` as it was sent. */
  prompt: string | null
  /** The user whom the `id_token_hint` names; null where there is none of ours. */
  hinted: string | null
}

/** One login attempt in one browser: what the callback must find again, and nobody else may read. */
export interface Flow {
  provider: string
  state: string
  nonce: string
  /** The PKCE verifier, null for a provider that does not take one. */
  verifier: string | null
  /** Milliseconds since 1970. */
  expiresAt: number
  /** Of the session that it opens: known beforehand, so that it is found by whoever comes again. */
  sessionId: string
  /** What its code and tokens are derived from; never leaves the sealed cookie. */
  seed: string
  /** Whether it was started a second time by itself. */
  isSecondTry: boolean
  client: FlowClient
}

/** A cookie to be set; an empty value with `maxAgeSeconds` 0 clears it. */
export interface FlowCookie {
  name: string
  value: string
  maxAgeSeconds: number
}

/** The cookies that a browser sent. */
type Sent = Readonly<Record<string, string | undefined>>

/** Flow cookies: one per flow, sealed, found again by the state that comes back. */
export interface FlowCookies {
  /** The cookies that start `flow` beside those the browser sent, the oldest beyond the limit cleared. */
  start(flow: Flow, sent: Sent, now: number): FlowCookie[]
  /** The flow of this state if this browser started it and it is not over, else null. */
  find(state: string, sent: Sent, now: number): Flow | null
  /** The flows at a provider that this browser has under way, with the cookies of each. */
  under(provider: string, sent: Sent, now: number): { flow: Flow; name: string }[]
  /** The cookie that keeps the flow of this state for as long as its answer may be asked for again. */
  keep(state: string, sent: Sent): FlowCookie
  /** The cookie that clears the flow of this state. */
  clear(state: string): FlowCookie
}

// A flow is sealed as a list in these orders: names would take a sixth of the room.
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

/** Bound into the seal: what a version with other members has sealed does not open, and is taken as it was else. */
const SHAPE = s256(JSON.stringify([NAMES, CLIENT_NAMES]))

function namesOf<T>(all: Record<keyof T, 1>) {
  return Object.keys(all) as (keyof T)[]
}

/**
 * The resumable state is not kept twice: the cookie's name, a hash of the whole state, is bound in. The
 * client's state stands by itself in the second line, since JSON would make two characters of each quote.
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
  // No JSON that we write has a line break.
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

/** The cookie that clears one of this name. */
export const cleared = (name: string): FlowCookie => ({ name, value: '', maxAgeSeconds: 0 })

/** Flow cookies under a prefix: `__Host-` where the service is https. */
export function createFlowCookies(sealer: Sealer, publicUrl: string): FlowCookies {
  const prefix = cookieName(publicUrl, 'flow-')
  // The name lets the callback find its cookie without telling the state.
  const nameOf = (state: string) =>
    `${prefix}${hashToken(state).toString('base64url').slice(0, 16)}`
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

/** The mark under which a flow is finished in the database: nothing can be learned from it. */
export const flowMark = (flow: Flow): string =>
  hashToken(`finished ${flow.provider} ${flow.state}`).toString('base64url')
