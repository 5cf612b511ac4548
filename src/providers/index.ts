import type { ProviderRow } from '../core/provider/provider.ts'
import { apple } from './apple.ts'
import { discord } from './discord.ts'
import { facebook } from './facebook.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { kakao } from './kakao.ts'
import { line } from './line.ts'
import { linkedin } from './linkedin.ts'
import { microsoft } from './microsoft.ts'
import { naver } from './naver.ts'
import { slack } from './slack.ts'
import { spotify } from './spotify.ts'
import { twitch } from './twitch.ts'
import { x } from './x.ts'

export { oidcProvider } from './oidc.ts'

/** The built-in providers, in the order in which they are shown. */
export const builtInProviders: readonly ProviderRow[] = [
  google,
  kakao,
  naver,
  apple,
  github,
  facebook,
  x,
  microsoft,
  line,
  discord,
  gitlab,
  linkedin,
  slack,
  twitch,
  spotify,
]
