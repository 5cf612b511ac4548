import type { FakeProvider } from '../helpers/fake-provider.ts'

/** `GET /v2/user/me` as Kakao documents it. */
export const PROFILE = {
  id: 3891047281,
  connected_at: '2026-01-02T03:04:05Z',
  properties: { nickname: '홍길동', profile_image: 'http://k.example/p.jpg' },
  kakao_account: {
    profile_nickname_needs_agreement: false,
    profile_image_needs_agreement: false,
    profile: {
      nickname: '홍길동',
      thumbnail_image_url: 'https://k.example/t.jpg',
      profile_image_url: 'https://k.example/p.jpg',
      is_default_image: false,
      is_default_nickname: false,
    },
    email_needs_agreement: false,
    is_email_valid: true,
    is_email_verified: true,
    email: 'gildong@example.kr',
  },
}

/** The token endpoint's answer as Kakao documents it. */
export const TOKENS = {
  token_type: 'bearer',
  access_token: 'access-token-of-fake',
  expires_in: 21599,
  refresh_token: 'refresh-token-of-fake',
  refresh_token_expires_in: 5183999,
  scope: 'account_email profile_image profile_nickname',
}

/** Settings that aim the row at a double. */
export const settings = (provider: FakeProvider): Record<string, string> => ({
  KAKAO_CLIENT_ID: provider.clientId,
  KAKAO_CLIENT_SECRET: 'secret-at-fake',
  KAKAO_AUTHORIZATION_ENDPOINT: `${provider.issuer}/authorize`,
  KAKAO_TOKEN_ENDPOINT: `${provider.issuer}/token`,
  KAKAO_TRUST_EMAIL: 'on',
  KAKAO_USERINFO_ENDPOINT: `${provider.issuer}/userinfo`,
})
