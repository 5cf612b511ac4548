import { z } from 'zod'
import { AnySubject } from '../core/identity/profile.ts'
import { optionalText } from '../core/provider/documents.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { xButton } from './buttons.ts'
import { xConsole } from './consoles/x.ts'

const XUser = z
  .object({
    data: z.object({
      id: AnySubject,
      name: optionalText,
      username: optionalText,
      confirmed_email: optionalText,
      profile_image_url: optionalText,
    }),
  })
  .transform(({ data }) => ({
    subject: data.id,
    // X gives an address only once it is confirmed.
    email: data.confirmed_email,
    emailVerified: true,
    name: data.name ?? data.username,
    // The original in place of the 48-pixel version.
    picture: data.profile_image_url?.replace(/_normal(\.\w+)$/, '$1'),
  }))

/** X: OAuth 2.0; PKCE is required and a code lives 30 seconds. https://docs.x.com/fundamentals/authentication */
export const x = defineProvider({
  id: 'x',
  name: 'X',
  button: xButton,
  console: xConsole,
  gives: 'name, picture, e-mail',
  emailVerifiedWhen: 'X gives one: only confirmed addresses are',
  endpoints: {
    authorization_endpoint: 'https://x.com/i/oauth2/authorize',
    token_endpoint: 'https://api.x.com/2/oauth2/token',
    userinfo_endpoint: 'https://api.x.com/2/users/me',
    revocation_endpoint: 'https://api.x.com/2/oauth2/revoke',
  },
  // /2/users/me needs the first two together.
  scopes: ['users.read', 'tweet.read', 'users.email'],
  clientAuth: 'client_secret_basic',
  // A used or expired code is an invalid_request here.
  refusedCodeErrors: ['invalid_grant', 'invalid_request'],
  refusedRefreshErrors: ['invalid_grant', 'invalid_request'],
  // {"title":"Client Forbidden","reason":"client-not-enrolled","status":403}
  apiError: ({ reason, title }) => reason ?? title,
  offline: { scopes: ['offline.access'] },
  namesElsewhere: ['twitter', 'twitter.com'],
  readProfile: async ({ get }) =>
    XUser.parse(
      await get('userinfo_endpoint', {
        params: { 'user.fields': 'confirmed_email,profile_image_url' },
      }),
    ),
})
