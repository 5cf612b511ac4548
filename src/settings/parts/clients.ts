import {
  BUILT_IN_CLIENT,
  type Client,
  DEFAULT_RESPONSE_MODES,
  PLAYGROUND,
  RESPONSE_MODES,
  type ResponseMode,
  TOKEN_ALGS,
} from '../../core/client/client.ts'
import { redirectUriProblem } from '../../core/client/redirects.ts'
import { isDeliverable } from '../../core/events/webhook.ts'
import { originOf } from '../../core/settings/public-url.ts'
import { shownName } from '../../core/text.ts'
import type { Reader } from '../reader.ts'

/** The registered clients: CLIENTS and `CLIENT_<ID>_…`, and on loopback the playground. */
export function readClients(reader: Reader, publicUrl: string, isPublic: boolean): Client[] {
  const clients: Client[] = []
  for (const id of reader.list('CLIENTS')) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id)) {
      reader.refuse('clientIds', id)
    } else if (id === BUILT_IN_CLIENT || clients.some((client) => client.id === id)) {
      reader.refuse('clientTwice', id)
    } else if (clients.some((client) => clientPrefix(client.id) === clientPrefix(id))) {
      reader.refuse('clientPrefix', clientPrefix(id))
    } else {
      clients.push(readClient(reader, id, isPublic))
    }
  }
  const hasPlayground = isPublic || clients.some(({ id }) => id === PLAYGROUND)
  return hasPlayground ? clients : [...clients, playground(publicUrl)]
}

/** What the names of a client's settings begin with. */
export const clientPrefix = (id: string): string =>
  `CLIENT_${id.toUpperCase().replaceAll(/[.-]/g, '_')}_`

/** A URI as it may be told: who is named before the host may have a password. */
const withoutUser = (uri: string) => uri.replace(/\/\/[^/?#]*@/, '//…@')

function readClient(reader: Reader, id: string, isPublic: boolean): Client {
  const { words } = reader
  const prefix = clientPrefix(id)
  const uris = (name: string) => {
    const given = reader.list(`${prefix}${name}`)
    for (const uri of given) {
      const problem = redirectUriProblem(uri)
      if (problem === null) continue
      const instead = problem === 'not_ascii' ? ` (${withoutUser(new URL(uri).href)})` : ''
      reader.refuse(
        'clientUri',
        `${prefix}${name}`,
        withoutUser(uri),
        words.uriProblems[problem] + instead,
      )
    }
    return given.filter((uri) => redirectUriProblem(uri) === null)
  }
  const redirectUris = uris('REDIRECT_URIS')
  const isAdmin = reader.isOn(`${prefix}ADMIN`, 'off')
  // One that administers users need not sign anybody in.
  const isMissing = reader.list(`${prefix}REDIRECT_URIS`).length === 0
  if (isMissing && !isAdmin) reader.refuse('missing', `${prefix}REDIRECT_URIS`)
  const origins = reader.list(`${prefix}ORIGINS`)
  for (const origin of origins) {
    if (!isOrigin(origin)) reader.refuse('clientOrigin', `${prefix}ORIGINS`, withoutUser(origin))
  }
  const secrets = reader.list(`${prefix}SECRET`)
  // On loopback nobody guesses it.
  if (isPublic && secrets.some((secret) => secret.length < 16)) {
    reader.refuse('clientSecretShort', `${prefix}SECRET`)
  }
  if (secrets.length > 2) reader.refuse('clientSecrets', `${prefix}SECRET`)
  if (isAdmin && secrets.length === 0) {
    reader.refuse('clientAdmin', `${prefix}ADMIN`, `${prefix}SECRET`)
  }
  const responseModes = reader.list(`${prefix}RESPONSE_MODES`)
  for (const mode of responseModes) {
    if (!RESPONSE_MODES.includes(mode as ResponseMode)) {
      reader.refuse('choice', `${prefix}RESPONSE_MODES`, RESPONSE_MODES.join(', '))
    }
  }
  const resources = reader.list(`${prefix}RESOURCES`)
  // An absolute URI without a fragment (RFC 8707, section 2).
  if (resources.some((uri) => !URL.canParse(uri) || uri.includes('#'))) {
    reader.refuse('clientResource', `${prefix}RESOURCES`)
  }
  const url = reader.text(`${prefix}URL`) ?? null
  const urlProblem = url === null ? null : redirectUriProblem(url)
  // A link of a page may be written as people read it.
  if (url !== null && (!/^https?:/i.test(url) || !['not_ascii', null].includes(urlProblem))) {
    reader.refuse('clientUrl', `${prefix}URL`)
  }
  const logoutUri = reader.text(`${prefix}BACKCHANNEL_LOGOUT_URI`) ?? null
  if (logoutUri !== null && !isDeliverable(logoutUri)) {
    reader.refuse('deliverable', `${prefix}BACKCHANNEL_LOGOUT_URI`)
  }
  return {
    id,
    name: shownName(reader.text(`${prefix}NAME`)) ?? id,
    secrets,
    redirectUris,
    postLogoutRedirectUris: uris('POST_LOGOUT_REDIRECT_URIS'),
    origins: origins.length > 0 ? origins : originsOf(redirectUris),
    responseModes:
      responseModes.length > 0 ? (responseModes as ResponseMode[]) : DEFAULT_RESPONSE_MODES,
    resources,
    isAdmin,
    providerTokens: reader.isOn(`${prefix}PROVIDER_TOKENS`, 'off'),
    url,
    idTokenAlg: reader.choice(`${prefix}ID_TOKEN_ALG`, TOKEN_ALGS, 'RS256'),
    backchannelLogoutUri: logoutUri,
  }
}

/** The origin of a URI, also of an app shell's own scheme, which a URL does not give; null where it has none. */
function originOfUri(uri: string): string | null {
  const { origin, protocol, host } = new URL(uri)
  if (origin !== 'null') return origin
  return host === '' ? null : `${protocol}//${host}`
}

/** Compared with `Origin` as text: `https://app.example.com`, or an app shell's `capacitor://localhost`. */
const isOrigin = (text: string): boolean =>
  redirectUriProblem(text) === null && originOfUri(text) === text

/** The origins of the pages among redirect URIs. */
const originsOf = (redirectUris: readonly string[]): string[] => [
  ...new Set(redirectUris.map(originOfUri).filter((origin) => origin !== null)),
]

const playground = (publicUrl: string): Client => ({
  id: PLAYGROUND,
  name: 'Playground',
  secrets: [],
  redirectUris: [`${publicUrl}/`],
  postLogoutRedirectUris: [`${publicUrl}/`],
  origins: [originOf(publicUrl)],
  responseModes: [...DEFAULT_RESPONSE_MODES, 'cookie'],
  resources: [],
  isAdmin: false,
  providerTokens: false,
  url: `${publicUrl}/`,
  idTokenAlg: 'RS256',
  backchannelLogoutUri: null,
})
