import { z } from 'zod'
import { AnySubject } from '../core/identity/profile.ts'
import { optionalText } from '../core/provider/documents.ts'
import { standardPrompts } from '../core/provider/prompts.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { discordButton } from './buttons.ts'
import { discordConsole } from './consoles/discord.ts'
import { discordEvents } from './events/discord.ts'

const DiscordUser = z
  .object({
    id: AnySubject,
    username: optionalText,
    global_name: optionalText,
    avatar: optionalText,
    email: optionalText,
    verified: z.unknown().optional(),
    locale: optionalText,
  })
  .transform(({ id, username, global_name, avatar, email, verified, locale }) => ({
    subject: id,
    email,
    emailVerified: verified === true,
    name: global_name ?? username,
    // A hash that starts with a_ is an animation.
    picture: avatar
      ? `https://cdn.discordapp.com/avatars/${id}/${avatar}.${avatar.startsWith('a_') ? 'gif' : 'png'}`
      : null,
    locale,
  }))

/** All that it can do for an app that wants the person to see something. */
const ASKS = { prompt: 'consent' }

/** Discord: OAuth 2.0. https://docs.discord.com/developers/topics/oauth2 */
export const discord = defineProvider({
  id: 'discord',
  name: 'Discord',
  button: discordButton,
  console: discordConsole,
  events: discordEvents,
  settings: {
    PUBLIC_KEY: {
      default: '',
      pattern: /^([0-9a-fA-F]{64})?$/,
      mustBe: {
        en: 'the application’s public key, 64 hexadecimal digits',
        ko: '애플리케이션의 Public Key(16진수 64자)',
      },
    },
  },
  gives: 'name, e-mail, picture, language',
  emailVerifiedWhen: '`verified` is true',
  callbackIssuer: 'https://discord.com',
  endpoints: {
    authorization_endpoint: 'https://discord.com/oauth2/authorize',
    token_endpoint: 'https://discord.com/api/oauth2/token',
    userinfo_endpoint: 'https://discord.com/api/v10/users/@me',
    revocation_endpoint: 'https://discord.com/api/oauth2/token/revoke',
  },
  scopes: ['identify', 'email'],
  clientAuth: 'client_secret_basic',
  // Without it Discord asks for approval at every login.
  authorizationParams: { prompt: 'none' },
  prompts: { ...standardPrompts('none', 'consent'), login: ASKS, select_account: ASKS },
  // {"message":"401: Unauthorized","code":0}
  apiError: ({ error, code }) => error ?? code,
  readProfile: async ({ get }) => DiscordUser.parse(await get('userinfo_endpoint')),
})
