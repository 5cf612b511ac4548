import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import { TextSubject } from '../../../core/identity/profile.ts'
import type { ProviderRow } from '../../../core/provider/provider.ts'
import { builtInProviders } from '../../../providers/index.ts'
import type { Settings } from '../../../settings/index.ts'
import type { AccountPart } from './source.ts'

/** Why an account cannot become an identity here. */
export type KeyProblem =
  | 'not_social'
  | 'malformed'
  | 'unknown_provider'
  | 'no_subject'
  | 'issuer_unknown'

/** Entries that other systems list among accounts and that belong to no provider. */
const NOT_SOCIAL = new Set(
  (
    'anonymous credential credentials email email-otp emaillink guest magic-link magic_link passkey ' +
    'password phone sms webauthn'
  ).split(' '),
)

/** A URL, or nothing. */
const ISSUER = /^[\x21-\x7e]{0,512}$/

/** Gives the identity's key here for an account as another system names it. */
export function createKeys(
  providers: Settings['providers'],
): (account: AccountPart) => IdentityKey | KeyProblem {
  type Known = { row: ProviderRow; issuer: string | null; values: Record<string, string> }
  const known = new Map<string, Known>()
  const add = (one: Known) => {
    for (const name of [one.row.id, ...one.row.namesElsewhere]) known.set(name, one)
  }
  for (const row of builtInProviders) add({ row, issuer: null, values: {} })
  for (const { row, values } of providers) add({ row, issuer: row.issuer ?? null, values })

  return (account) => {
    const name = account.provider.toLowerCase()
    if (name === '') return 'malformed'
    if (NOT_SOCIAL.has(name)) return 'not_social'
    const found = known.get(name)
    if (found === undefined) return 'unknown_provider'
    const { subject } = account
    if (subject === null) return 'no_subject'
    const key = found.row.keyElsewhere({ ...account, subject }, found)
    if (key === null || !ISSUER.test(key.issuer)) return 'issuer_unknown'
    if (!TextSubject.safeParse(key.subject).success) return 'no_subject'
    return { provider: found.row.id, ...key }
  }
}
