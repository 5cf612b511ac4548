import { z } from 'zod'
import { optionalText } from '../provider/documents.ts'
import type { ProfileSource } from '../provider/provider.ts'
import { AnySubject, type ProviderProfile, TextSubject } from './profile.ts'

/** OpenID claims (OpenID Connect Core, section 5.1): every optional one may be null, empty or of another type. */
const StandardClaims = z.object({
  sub: TextSubject,
  name: optionalText,
  nickname: optionalText,
  preferred_username: optionalText,
  picture: optionalText,
  locale: optionalText,
  email: optionalText,
  email_verified: z.unknown().optional(),
})

/** Made once: zod compiles a schema when it is first used. */
const Userinfo = z.looseObject({ sub: AnySubject })

/** Whether the provider is the one to ask about the address of these claims, which say it is verified. */
export type Vouches = (claims: Record<string, unknown>) => boolean

/** Reads OpenID claims: userinfo where it is asked for (its `sub` must be the token's), else the ID token. */
export const readStandardClaims = async (
  source: ProfileSource,
  vouches?: Vouches,
): Promise<ProviderProfile> => readClaims(await readMergedClaims(source), vouches)

/** The claims of the ID token with those of userinfo over them, where that is asked for. */
export async function readMergedClaims(
  source: ProfileSource,
  options?: Parameters<ProfileSource['userinfo']>[0],
): Promise<Record<string, unknown>> {
  const userinfo = await source.userinfo(options)
  return mergeClaims(source.claims ?? {}, userinfo === null ? {} : Userinfo.parse(userinfo))
}

/** Reads OpenID claims from one document. */
export function readClaims(
  document: Record<string, unknown>,
  vouches: Vouches = () => true,
): ProviderProfile {
  const claims = StandardClaims.parse(document)
  return {
    subject: claims.sub,
    email: claims.email,
    // Amazon Cognito writes the word.
    emailVerified:
      (claims.email_verified === true || claims.email_verified === 'true') && vouches(document),
    name: claims.name ?? claims.nickname ?? claims.preferred_username,
    picture: claims.picture,
    locale: claims.locale,
  }
}

/** Userinfo wins claim by claim; an address and its verified flag stay together. */
function mergeClaims(token: Record<string, unknown>, userinfo: Record<string, unknown>) {
  const given = Object.entries(userinfo).filter(([, value]) => value !== null && value !== '')
  const merged: Record<string, unknown> = { ...token, ...Object.fromEntries(given) }
  if (typeof userinfo.email === 'string' && userinfo.email !== '') {
    const same = userinfo.email === token.email
    merged.email_verified = userinfo.email_verified ?? (same ? token.email_verified : undefined)
  }
  return merged
}
