import { LatchkeyError } from '../errors.ts'

/** What a client may be granted, in the order in which it is written. */
export const SCOPES = [
  'openid',
  'profile',
  'email',
  'account',
  'offline_access',
  'provider_tokens',
  'roles',
  'admin',
] as const
export type ScopeName = (typeof SCOPES)[number]

/** Granted scopes. */
export type Scope = ReadonlySet<ScopeName>

/** What a client gets that sends no scope. */
const DEFAULT_SCOPE: Scope = new Set(['profile', 'email', 'account', 'offline_access'])

/** Scopes that were read before: apps ask for the same few again and again. */
const known = new Map<string, Scope>()
const MOST_KNOWN = 1_000
const LONGEST_KNOWN = 128

/** The scopes of a space separated text (RFC 6749, section 3.3), without those that nobody knows. */
export function readScope(text: string): Scope {
  const before = known.get(text)
  if (before !== undefined) return before
  const named = new Set(text.split(' '))
  const scope: Scope = new Set(SCOPES.filter((name) => named.has(name)))
  if (known.size < MOST_KNOWN && text.length <= LONGEST_KNOWN) known.set(text, scope)
  return scope
}

/** A scope as it is written in requests, tokens and sessions. */
const scopeText = (scope: Scope): string => SCOPES.filter((name) => scope.has(name)).join(' ')

/**
 * The scope that a client is granted for what it asked: known values once each, unknown ones
 * ignored; without a scope the default one. `admin` is for machines and counts as unknown, and so
 * do `provider_tokens` for a client that may not have them.
 */
export function grantScope(asked: string | undefined, client: { providerTokens: boolean }): string {
  if (asked === undefined) return scopeText(DEFAULT_SCOPE)
  const granted = new Set(readScope(asked))
  granted.delete('admin')
  if (!client.providerTokens) granted.delete('provider_tokens')
  return scopeText(granted)
}

/** What libraries put between scopes instead of a space, by default or by encoding it twice. */
const OTHER_SEPARATORS = /[,;+]|%20/

/**
 * Whether a text has names of ours separated by something other than spaces. Taken as one unknown
 * name it would be ignored, and the app would silently get nothing that it asked for.
 */
export function joinsScopes(text: string): boolean {
  if (!OTHER_SEPARATORS.test(text)) return false
  const joined = text.split(' ').filter((name) => OTHER_SEPARATORS.test(name))
  const parts = new Set(joined.flatMap((name) => name.split(OTHER_SEPARATORS)))
  return SCOPES.some((name) => parts.has(name))
}

/** Throws `invalid_scope` if a text is not a list of scopes (RFC 6749, section 3.3). */
export function checkScope(text: string | undefined): void {
  if (text === undefined) return
  if (/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(text) && !joinsScopes(text)) return
  throw new LatchkeyError('invalid_scope', 'The scope must list scopes, separated by spaces.')
}
