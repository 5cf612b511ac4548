import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { AnySubject } from '../core/identity/profile.ts'
import { optionalText } from '../core/provider/documents.ts'
import { defineProvider } from '../core/provider/provider.ts'
import { accessTokenRevocation } from '../core/provider/revocation.ts'
import { facebookButton } from './buttons.ts'
import { facebookConsole } from './consoles/facebook.ts'
import { facebookEvents } from './events/facebook.ts'
import { facebookNative } from './native/facebook.ts'

const FacebookUser = z
  .object({
    id: AnySubject,
    name: optionalText,
    email: optionalText,
    picture: z
      .object({ data: z.object({ url: optionalText, is_silhouette: z.unknown().optional() }) })
      .nullish()
      .catch(null),
  })
  .transform(({ id, name, email, picture }) => ({
    subject: id,
    // Can be missing though granted, and nothing says whether it is verified.
    email,
    emailVerified: false,
    name,
    picture: picture?.data.is_silhouette === true ? null : picture?.data.url,
  }))

const GraphError = z.object({ error: z.object({ code: z.int() }) })

/** The number of an error of the Graph API. */
function graphError(document: Record<string, unknown>): unknown {
  const read = GraphError.safeParse(document)
  return read.success ? String(read.data.error.code) : document.error
}

/** Proves that the caller knows the app's secret; apps can require it. */
const appSecretProof = (secret: string, accessToken: string) =>
  createHmac('sha256', secret).update(accessToken).digest('hex')

/** Facebook: OAuth 2.0 and the Graph API. https://developers.facebook.com/docs/facebook-login */
export const facebook = defineProvider({
  id: 'facebook',
  name: 'Facebook',
  button: facebookButton,
  console: facebookConsole,
  events: facebookEvents,
  gives: 'name, picture, e-mail for some',
  emailVerifiedWhen: 'never: Facebook has no flag',
  settings: {
    GRAPH_VERSION: {
      default: 'v24.0',
      pattern: /^v\d{1,3}\.\d$/,
      mustBe: { en: 'a version such as v24.0', ko: 'v24.0 같은 버전' },
    },
  },
  // Of the ID tokens of limited logins; the browser flow has none.
  issuer: 'https://www.facebook.com',
  callbackIssuer: null,
  endpoints: {
    authorization_endpoint: 'https://www.facebook.com/{GRAPH_VERSION}/dialog/oauth',
    token_endpoint: 'https://graph.facebook.com/{GRAPH_VERSION}/oauth/access_token',
    userinfo_endpoint: 'https://graph.facebook.com/{GRAPH_VERSION}/me',
    revocation_endpoint: 'https://graph.facebook.com/{GRAPH_VERSION}/{subject}/permissions',
    debug_token_endpoint: 'https://graph.facebook.com/{GRAPH_VERSION}/debug_token',
    jwks_uri: 'https://limited.facebook.com/.well-known/oauth/openid/jwks/',
  },
  scopes: ['public_profile', 'email'],
  prompts: { login: { auth_type: 'reauthenticate' }, consent: { auth_type: 'rerequest' } },
  scopeSeparator: ',',
  pkce: false,
  // `#_=_`, which would stand in the app's address and mislead routers that read the fragment.
  addsFragment: true,
  trustsEmail: false,
  native: facebookNative,
  // Not RFC 6749's shape; 100 is a used or expired code.
  tokenError: graphError,
  apiError: graphError,
  // A callback of an app that is not live, or of a foreign domain, has this and no `error`.
  exactError: ({ error_code }) => error_code,
  refusedCodeErrors: ['100', 'invalid_grant'],
  revocation: accessTokenRevocation({
    request: ({ token, client }) => ({
      method: 'DELETE',
      params: { appsecret_proof: appSecretProof(client.secret, token) },
      auth: { bearer: token },
    }),
    // 190: the token is no longer valid, and neither is the grant.
    isGone: (_status, document) => GraphError.safeParse(document).data?.error.code === 190,
  }),
  namesElsewhere: ['facebook.com'],
  readProfile: async ({ get, tokenResponse, client }) =>
    FacebookUser.parse(
      await get('userinfo_endpoint', {
        params: {
          fields: 'id,name,email,picture.width(200)',
          appsecret_proof: appSecretProof(client.secret, tokenResponse.accessToken),
        },
      }),
    ),
})
