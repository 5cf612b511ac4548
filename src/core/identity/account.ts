import { z } from 'zod'
import type { Scope } from '../client/scope.ts'

/** An account at a provider, as its user sees it. */
export const Identity = z.object({
  provider: z.string().meta({ description: 'Provider id, for example `kakao`.' }),
  subject: z.string().meta({ description: 'The provider’s own identifier of this person.' }),
  email: z.string().optional().meta({
    description: 'As the provider gave it last. With the scope `email`; absent where it gave none.',
  }),
  email_verified: z.boolean().optional().meta({
    description: 'Whether a trusted provider vouches for it now. Beside `email`.',
  }),
  linked_at: z.iso.datetime().meta({ description: 'When it became this user’s.' }),
  last_login_at: z.iso.datetime().meta({ description: 'When the user last signed in with it.' }),
})
export type Identity = z.infer<typeof Identity>

/**
 * The body of `/me`: OpenID UserInfo claims and the identities, each with its scope. An unknown
 * value is absent, never null and never invented.
 */
export const UserInfo = z
  .object({
    sub: z.uuid().meta({ description: 'The user’s id, a UUIDv7.' }),
    name: z.string().optional().meta({
      description: 'As the user edited it, else the provider’s. With the scope `profile`.',
    }),
    email: z.string().optional().meta({
      description: 'Not unique, never a key. With the scope `email`.',
    }),
    email_verified: z.boolean().optional().meta({
      description: 'Whether a trusted provider vouches for this very address now. Beside `email`.',
    }),
    picture: z.string().optional().meta({
      description: 'An https URL: the user’s edit, else the provider’s. With the scope `profile`.',
    }),
    locale: z.string().optional().meta({
      description:
        'A language tag: the user’s edit, else the provider’s. With the scope `profile`.',
    }),
    updated_at: z.int().optional().meta({
      description: 'Seconds since 1970 (OpenID Connect Core, 5.1). With the scope `profile`.',
    }),
    created_at: z.iso.datetime().optional().meta({
      description: 'When the user first signed in. With the scope `account`.',
    }),
    identities: z.array(Identity).optional().meta({
      description: 'What the user signs in with. With the scope `account`.',
    }),
  })
  .meta({ id: 'Account', description: 'The user, as far as the scopes of the token go.' })
export type UserInfo = z.infer<typeof UserInfo>

/** All that is known about a user. */
export interface Account extends UserInfo {
  updated_at: number
  created_at: string
  identities: Identity[]
}

/** The claims of an account that these scopes ask for (OpenID Connect Core, section 5.4). */
export function claimsOf(account: Account, scope: Scope): UserInfo {
  const { sub, name, picture, locale, updated_at, email, email_verified } = account
  const { created_at, identities } = account
  return Object.assign(
    { sub },
    scope.has('profile') ? { name, picture, locale, updated_at } : null,
    scope.has('email') ? { email, email_verified } : null,
    scope.has('account')
      ? { created_at, identities: scope.has('email') ? identities : identities.map(withoutEmail) }
      : null,
  )
}

const withoutEmail = ({ email, email_verified, ...identity }: Identity): Identity => identity
