import { z } from 'zod'

/** One account at a provider, as its user sees it. */
export const Identity = z.object({
  provider: z.string().meta({ description: 'Provider id, for example `kakao`.' }),
  subject: z.string().meta({ description: 'The provider’s own identifier of this person.' }),
  email: z.string().nullable().meta({ description: 'As the provider gave it last, or null.' }),
  email_verified: z.boolean().meta({ description: 'Whether the provider says it is verified.' }),
  linked_at: z.iso.datetime().meta({ description: 'When it became this user’s.' }),
  last_login_at: z.iso.datetime().meta({ description: 'When the user last signed in with it.' }),
})
export type Identity = z.infer<typeof Identity>

/** The body of `GET /me`: OpenID UserInfo claims and the identities. Absent facts are null, never invented. */
export const Account = z
  .object({
    sub: z.uuid().meta({ description: 'The user’s id, a UUIDv7.' }),
    name: z
      .string()
      .nullable()
      .meta({ description: 'As the user edited it, else the provider’s.' }),
    email: z.string().nullable().meta({ description: 'Nullable, not unique, never a key.' }),
    email_verified: z
      .boolean()
      .meta({ description: 'Whether one of the identities vouches for this very address.' }),
    picture: z.string().nullable().meta({ description: 'An https URL, in the same way.' }),
    locale: z.string().nullable().meta({ description: 'A language tag, in the same way.' }),
    updated_at: z.int().meta({ description: 'Seconds since 1970 (OpenID Connect Core, 5.1).' }),
    created_at: z.iso.datetime().meta({ description: 'When the user first signed in.' }),
    identities: z.array(Identity).meta({ description: 'What the user signs in with.' }),
  })
  .meta({ id: 'Account', description: 'The user; what no provider gave is null.' })
export type Account = z.infer<typeof Account>
