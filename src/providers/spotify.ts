import { z } from 'zod'
import { TextSubject } from '../core/identity/profile.ts'
import { optionalText } from '../core/provider/documents.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { spotifyButton } from './buttons.ts'
import { spotifyConsole } from './consoles/spotify.ts'

const SpotifyUser = z
  .object({
    account_id: TextSubject.nullish(),
    id: TextSubject.nullish(),
    display_name: optionalText,
    email: optionalText,
    images: z
      .array(z.object({ url: z.string(), width: z.number().nullish() }))
      .nullish()
      .catch(null),
  })
  .refine(({ account_id, id }) => account_id ?? id, 'no id')
  .transform(({ account_id, id, display_name, email, images }) => ({
    // Immutable, and what Spotify says to link accounts by since May 2026.
    subject: account_id ?? id ?? '',
    // Finds people who signed in before Spotify gave an account_id.
    formerSubject: id,
    email,
    emailVerified: false,
    name: display_name,
    picture: [...(images ?? [])].sort((a, b) => (b.width ?? 0) - (a.width ?? 0))[0]?.url,
  }))

/** Spotify: OAuth 2.0. https://developer.spotify.com/documentation/web-api/concepts/authorization */
export const spotify = defineProvider({
  id: 'spotify',
  name: 'Spotify',
  button: spotifyButton,
  console: spotifyConsole,
  gives: 'name, e-mail, picture',
  emailVerifiedWhen: 'never: Spotify does not verify it',
  endpoints: {
    authorization_endpoint: 'https://accounts.spotify.com/authorize',
    token_endpoint: 'https://accounts.spotify.com/api/token',
    userinfo_endpoint: 'https://api.spotify.com/v1/me',
  },
  scopes: ['user-read-email'],
  prompts: { consent: { show_dialog: 'true' }, select_account: { show_dialog: 'true' } },
  clientAuth: 'client_secret_basic',
  // Sources disagree whether it goes together with a secret; SPOTIFY_PKCE=on sends it.
  pkce: false,
  trustsEmail: false,
  readProfile: async ({ get }) => SpotifyUser.parse(await get('userinfo_endpoint')),
})
