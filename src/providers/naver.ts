import { z } from 'zod'
import { AnySubject } from '../core/identity/profile.ts'
import { optionalText } from '../core/provider/documents.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { naverButton } from './buttons.ts'
import { naverConsole } from './consoles/naver.ts'
import { naverEvents } from './events/naver.ts'

/** `GET /v1/nid/me`: an envelope of its own, in which everything but the id can be missing. */
const NaverProfile = z
  .object({
    resultcode: z.literal('00'),
    response: z.object({
      id: AnySubject,
      nickname: optionalText,
      name: optionalText,
      email: optionalText,
      profile_image: optionalText,
    }),
  })
  .transform(({ response }) => ({
    subject: response.id,
    // A contact address that its owner may set to anything; Naver has no flag.
    email: response.email,
    emailVerified: false,
    name: response.name ?? response.nickname,
    picture: response.profile_image,
  }))

/** Naver: classic OAuth 2.0. https://developers.naver.com/docs/login/devguide/devguide.md */
export const naver = defineProvider({
  id: 'naver',
  name: 'NAVER',
  button: naverButton,
  console: naverConsole,
  events: naverEvents,
  gives: 'name or nickname, e-mail, picture, each by consent',
  emailVerifiedWhen: 'never: Naver has no flag',
  endpoints: {
    authorization_endpoint: 'https://nid.naver.com/oauth2.0/authorize',
    token_endpoint: 'https://nid.naver.com/oauth2.0/token',
    userinfo_endpoint: 'https://openapi.naver.com/v1/nid/me',
    revocation_endpoint: 'https://nid.naver.com/oauth2.0/revoke',
  },
  // The console decides what is asked for.
  scopes: [],
  prompts: { login: { auth_type: 'reauthenticate' }, consent: { auth_type: 'reprompt' } },
  pkce: false,
  stateAtTokenEndpoint: true,
  trustsEmail: false,
  // "no valid data in session" is how a used or expired code is refused.
  refusedCodeErrors: ['invalid_grant', 'invalid_request'],
  refusedRefreshErrors: ['invalid_grant', 'invalid_request'],
  // {"resultcode":"024","message":"…"}; its gateway has a name of its own for it.
  apiError: ({ resultcode, errorCode }) => resultcode ?? errorCode,
  readProfile: async ({ get }) => NaverProfile.parse(await get('userinfo_endpoint')),
})
