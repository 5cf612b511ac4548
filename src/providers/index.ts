import type { ProviderRow } from '../core/provider.ts'
import { github } from './github.ts'
import { google } from './google.ts'
import { kakao } from './kakao.ts'

export { oidcProvider } from './oidc.ts'

/** The built-in providers, in the order in which they are shown. */
export const builtInProviders: readonly ProviderRow[] = [google, kakao, github]
