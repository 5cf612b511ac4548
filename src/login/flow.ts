import { z } from 'zod'
import { RESPONSE_MODES } from '../core/client.ts'
import { cookieName } from '../core/public-url.ts'
import { equalInConstantTime, hashToken, type Sealer } from '../core/secrets.ts'
import { randomPart } from './resumable-state.ts'

/** How long a login may take from start to callback. */
export const FLOW_TTL_SECONDS = 600

/** Logins that one browser can have under way at once. */
export const MAX_FLOWS = 5

/** Characters of all flow cookies together: all headers of a request may have 16 KiB. */
const MAX_FLOWS_SIZE = 9_000

/** One login attempt in one browser: what the callback must find again, and nobody else may read. */
export const Flow = z.object({
  provider: z.string(),
  state: z.string().min(22),
  nonce: z.string().min(22),
  /** The PKCE verifier, null for a provider that does not take one. */
  verifier: z.string().min(43).nullable(),
  /** Milliseconds since 1970. */
  expiresAt: z.int(),
  client: z.object({
    id: z.string(),
    scope: z.string(),
    nonce: z.string().nullable(),
    /** Null where the callback itself answers with the tokens. */
    redirectUri: z.string().nullable(),
    state: z.string().nullable(),
    codeChallenge: z.string().nullable(),
    responseMode: z.enum(RESPONSE_MODES),
    /** `link`: the code names the identity, and nobody is signed in. */
    intent: z.literal('link').nullable().default(null),
  }),
})
export type Flow = z.infer<typeof Flow>

/** A cookie to be set; an empty value with `maxAgeSeconds` 0 clears it. */
export interface FlowCookie {
  name: string
  value: string
  maxAgeSeconds: number
}

/** Flow cookies: one per flow, sealed, found again by the state that comes back. */
export interface FlowCookies {
  /** The cookies that start `flow` beside those the browser sent, the oldest beyond the limit cleared. */
  start(flow: Flow, sent: Readonly<Record<string, string | undefined>>, now: number): FlowCookie[]
  /** The flow of this state if this browser started it and it is not over, else null. */
  find(state: string, sent: Readonly<Record<string, string | undefined>>, now: number): Flow | null
  /** The cookie that clears the flow of this state. */
  clear(state: string): FlowCookie
}

/** Flow cookies under a prefix: `__Host-` where the service is https. */
export function createFlowCookies(sealer: Sealer, publicUrl: string): FlowCookies {
  const prefix = cookieName(publicUrl, 'flow-')
  // The name lets the callback find its cookie without telling the state.
  const nameOf = (state: string) =>
    `${prefix}${hashToken(state).toString('base64url').slice(0, 16)}`
  const open = (name: string, value: string | undefined): Flow | null => {
    const text = value === undefined ? null : sealer.open(value, name)
    if (text === null) return null
    // A flow that an older version started may have another shape.
    return Flow.safeParse(JSON.parse(text)).data ?? null
  }
  const cleared = (name: string) => ({ name, value: '', maxAgeSeconds: 0 })
  return {
    start(flow, sent, now) {
      const others = Object.entries(sent)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value = '']) => ({
          name,
          size: value.length,
          expiresAt: open(name, value)?.expiresAt ?? 0,
        }))
        .sort((a, b) => b.expiresAt - a.expiresAt)
      const name = nameOf(flow.state)
      // The request in the state is not kept twice: the name, a hash of the whole state, is bound in.
      const kept = { ...flow, state: randomPart(flow.state) }
      const value = sealer.seal(JSON.stringify(kept), name)
      let size = value.length
      const surplus = others.filter((other, place) => {
        size += other.size
        return other.expiresAt <= now || place >= MAX_FLOWS - 1 || size > MAX_FLOWS_SIZE
      })
      return [
        { name, value, maxAgeSeconds: FLOW_TTL_SECONDS },
        ...surplus.map((other) => cleared(other.name)),
      ]
    },
    find(state, sent, now) {
      const name = nameOf(state)
      const flow = open(name, Object.hasOwn(sent, name) ? sent[name] : undefined)
      if (flow === null || flow.expiresAt <= now) return null
      return equalInConstantTime(flow.state, randomPart(state)) ? { ...flow, state } : null
    },
    clear: (state) => cleared(nameOf(state)),
  }
}

/** The mark under which a flow is finished in the database: nothing can be learned from it. */
export const flowMark = (flow: Flow): string =>
  hashToken(`finished ${flow.provider} ${flow.state}`).toString('base64url')
