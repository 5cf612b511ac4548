import type { Grant } from '../../login/codes.ts'
import { emailOf, type Persona, stableDigits } from '../../personas.ts'

/** The member number: a JSON number, mostly above 2^31. */
export function kakaoId(persona: Persona): number {
  return Number(stableDigits(10, 'kakao', persona.id))
}

function images(persona: Persona, secure: boolean) {
  const name = persona.picture ? persona.id : 'default_profile'
  const root = `${secure ? 'https' : 'http'}://k.kakaocdn.example/dn/${name}`
  return { full: `${root}/img_640x640.jpg`, thumbnail: `${root}/img_110x110.jpg` }
}

/** The document of `/v2/user/me`. `secure`: with https image addresses. */
export function kakaoProfile(grant: Grant, secure: boolean): Record<string, unknown> {
  const { persona } = grant
  const image = images(persona, secure)
  const nickname = grant.scopes.includes('profile_nickname')
  const picture = grant.scopes.includes('profile_image')
  const email = emailOf('kakao', persona)
  const shares = email !== null && grant.scopes.includes('account_email')
  const mayAsk = grant.failure !== '!without-email-item'
  const verification = {
    is_email_valid: persona.email !== 'lapsed',
    is_email_verified: persona.email !== 'unverified',
    email,
  }
  return {
    id: kakaoId(persona),
    connected_at: '2026-01-02T03:04:05Z',
    properties: {
      ...(nickname ? { nickname: persona.name } : {}),
      ...(picture ? { profile_image: image.full, thumbnail_image: image.thumbnail } : {}),
    },
    kakao_account: {
      profile_nickname_needs_agreement: !nickname,
      profile_image_needs_agreement: !picture,
      profile: {
        ...(nickname ? { nickname: persona.name, is_default_nickname: false } : {}),
        ...(picture
          ? {
              thumbnail_image_url: image.thumbnail,
              profile_image_url: image.full,
              is_default_image: !persona.picture,
            }
          : {}),
      },
      // True: there is an address, and it was not shared.
      ...(mayAsk ? { email_needs_agreement: email !== null && !shares } : {}),
      ...(shares ? verification : {}),
    },
  }
}

/** The claims about a person in the ID token and at `/v1/oidc/userinfo`. */
export function kakaoClaims({ persona, scopes }: Grant): Record<string, unknown> {
  const email = scopes.includes('account_email') ? emailOf('kakao', persona) : null
  const image = images(persona, true)
  return {
    sub: String(kakaoId(persona)),
    ...(scopes.includes('profile_nickname') ? { nickname: persona.name } : {}),
    ...(scopes.includes('profile_image') ? { picture: image.thumbnail } : {}),
    ...(email === null ? {} : { email }),
  }
}
