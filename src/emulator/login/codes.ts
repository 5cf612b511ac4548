import { randomBytes } from 'node:crypto'
import type { Persona } from '../personas.ts'

/** What one person allowed one app to see. */
export interface Grant {
  persona: Persona
  /** What goes wrong on purpose, by the name of its hint. */
  failure: string | null
  scopes: readonly string[]
  /** The authorization request as it was sent: `nonce`, `access_type`, … */
  request: Readonly<Record<string, string>>
  /** True where the person had not agreed before. */
  isFirst: boolean
  /** When the person signed in, in seconds. */
  authTime: number
}

/** An authorization code and what it was issued for. */
export interface Code {
  grant: Grant
  redirectUri: string
  /** The S256 challenge, null where the request had none. */
  challenge: string | null
  expiresAt: number
  used: boolean
}

/** An access token; `expiresAt` in milliseconds, null for one that does not expire. */
export interface AccessToken {
  grant: Grant
  expiresAt: number | null
  refreshToken: string | null
}

/** What the token endpoint has just given out. */
export interface Issued {
  accessToken: string
  /** Seconds, null where the provider's tokens do not expire. */
  expiresIn: number | null
  refreshToken: string | null
}

/** How long a provider's codes and tokens live, in seconds, and what they look like. */
export interface Lives {
  code: number
  accessToken: number | null
  newCode?: () => string
  newAccessToken?: () => string
}

/** One provider's codes and tokens, in memory. */
export type Ledger = ReturnType<typeof createLedger>

// An emulator that runs for weeks must not grow for ever; nobody has this many logins open at once.
const mostKept = 1_000

/** Opaque text of 192 random bits, base64url. */
export function randomToken(): string {
  return randomBytes(24).toString('base64url')
}

/** An empty ledger. */
export function createLedger(lives: Lives) {
  const codes = new Map<string, Code>()
  const accessTokens = new Map<string, AccessToken>()
  const refreshTokens = new Map<string, Grant>()
  const linked = new Set<string>()
  const met = new Set<string>()

  function issueCode(grant: Grant, redirectUri: string, challenge: string | null): string {
    const code = lives.newCode?.() ?? randomToken()
    const life = grant.failure === '!expired-code' ? -1 : lives.code
    const used = grant.failure === '!used-code'
    keep(codes, code, {
      grant,
      redirectUri,
      challenge,
      expiresAt: Date.now() + life * 1000,
      used,
    })
    return code
  }

  function findCode(code: string): Code | null {
    const found = codes.get(code)
    return found && !found.used && found.expiresAt > Date.now() ? found : null
  }

  function issueTokens(grant: Grant, refreshToken: string | null): Issued {
    const accessToken = lives.newAccessToken?.() ?? randomToken()
    const expiresAt = lives.accessToken === null ? null : Date.now() + lives.accessToken * 1000
    keep(accessTokens, accessToken, { grant, expiresAt, refreshToken })
    if (refreshToken) keep(refreshTokens, refreshToken, grant)
    linked.add(grant.persona.id)
    return { accessToken, expiresIn: lives.accessToken, refreshToken }
  }

  function findAccessToken(token: string): AccessToken | null {
    const found = accessTokens.get(token)
    return found && (found.expiresAt === null || found.expiresAt > Date.now()) ? found : null
  }

  /** Ends an access or refresh token and all that came with it; false for an unknown one. */
  function revokePair(token: string): boolean {
    const refresh = refreshTokens.has(token) ? token : accessTokens.get(token)?.refreshToken
    const known = accessTokens.delete(token) || refreshTokens.has(token)
    if (!refresh) return known
    refreshTokens.delete(refresh)
    for (const [key, value] of accessTokens) {
      if (value.refreshToken === refresh) accessTokens.delete(key)
    }
    return known
  }

  /** Ends every token of a persona. */
  function revokeAll(persona: Persona): void {
    for (const [key, value] of accessTokens) {
      if (value.grant.persona.id === persona.id) accessTokens.delete(key)
    }
    for (const [key, value] of refreshTokens) {
      if (value.persona.id === persona.id) refreshTokens.delete(key)
    }
  }

  /** True the first time that a persona agrees. */
  function meet(persona: Persona): boolean {
    const first = !met.has(persona.id)
    met.add(persona.id)
    return first
  }

  /** Ends every token of a persona and the link to the app. */
  function unlink(persona: Persona): void {
    revokeAll(persona)
    linked.delete(persona.id)
  }

  return {
    /** Looks at a code whatever its state, to learn which failure it carries. */
    peekCode: (code: string): Code | null => codes.get(code) ?? null,
    issueCode,
    findCode,
    issueTokens,
    findAccessToken,
    findRefreshToken: (token: string): Grant | null => refreshTokens.get(token) ?? null,
    revokePair,
    revokeAll,
    unlink,
    meet,
    isLinked: (persona: Persona): boolean => linked.has(persona.id),
  }
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.set(key, value)
  if (map.size <= mostKept) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
