import { z } from 'zod'
import type { ProfileSource } from '../provider/provider.ts'
import { fullName } from './full-name.ts'
import { AnySubject, type ProviderProfile, TextSubject } from './profile.ts'

/** Made once: zod compiles a schema when it is first used. */
const WithSubject = z.object({ sub: TextSubject })
const Userinfo = z.looseObject({ sub: AnySubject })

/** Whether the provider can vouch for the address in these claims, which call it verified. */
export type Vouches = (claims: Record<string, unknown>) => boolean

/**
 * Reads OpenID claims: from userinfo where it is asked for (its `sub` must equal the token's), else
 * from the ID token.
 */
export const readStandardClaims = async (
  source: ProfileSource,
  vouches?: Vouches,
): Promise<ProviderProfile> => readClaims(await readMergedClaims(source), vouches)

/** The claims of the ID token, overridden by those of userinfo where that is asked for. */
export async function readMergedClaims(
  source: ProfileSource,
  options?: Parameters<ProfileSource['userinfo']>[0],
): Promise<Record<string, unknown>> {
  const userinfo = await source.userinfo(options)
  return mergeClaims(source.claims ?? {}, userinfo === null ? {} : Userinfo.parse(userinfo))
}

const isBlank = (claim: unknown) => typeof claim === 'string' && claim.trim() === ''

/** A claim as text: any claim may be absent, null, blank or of another type. */
const textOf = (claim: unknown): string | null | undefined =>
  claim === undefined || (typeof claim === 'string' && !isBlank(claim)) ? claim : null

/** The name, for a provider that gives only its parts. */
const nameOfParts = ({ given_name: given, family_name: family }: Record<string, unknown>) =>
  fullName(textOf(given), textOf(family)) || null

/** Reads OpenID claims (OpenID Connect Core, section 5.1) from one document. */
export function readClaims(
  document: Record<string, unknown>,
  vouches: Vouches = () => true,
): ProviderProfile {
  const { email, email_verified: verified, name, nickname, picture, locale } = document
  return {
    subject: WithSubject.parse(document).sub,
    email: textOf(email),
    // Amazon Cognito writes `"true"` as text.
    emailVerified: (verified === true || verified === 'true') && vouches(document),
    name:
      textOf(name) ??
      nameOfParts(document) ??
      textOf(nickname) ??
      textOf(document.preferred_username),
    picture: textOf(picture),
    locale: textOf(locale),
  }
}

/**
 * Userinfo wins claim by claim; a verified flag only counts for the address in the same document.
 */
function mergeClaims(token: Record<string, unknown>, userinfo: Record<string, unknown>) {
  const given = Object.entries(userinfo).filter(([, value]) => value !== null && !isBlank(value))
  const merged: Record<string, unknown> = { ...token, ...Object.fromEntries(given) }
  const hasAddress = typeof userinfo.email === 'string' && !isBlank(userinfo.email)
  const told = hasAddress ? userinfo.email_verified : undefined
  const isTokens = !hasAddress || userinfo.email === token.email
  merged.email_verified = told ?? (isTokens ? token.email_verified : undefined)
  return merged
}
