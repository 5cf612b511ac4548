import type { ProviderRow, RowSetting } from '../../core/provider/provider.ts'
import type { StoreTokens } from '../../core/provider/provider-tokens.ts'
import type { RowValues } from '../../core/provider/row-inputs.ts'
import { settingsPrefix } from '../../core/settings/prefix.ts'
import { isSafeEndpoint } from '../../core/settings/urls.ts'
import { shownName } from '../../core/text.ts'
import { readPrivateKey } from '../../core/tokens/private-key.ts'
import { builtInProviders, oidcProvider } from '../../providers/index.ts'
import type { Reader } from '../reader.ts'
import { trustsEmail } from './trust.ts'

/**
 * An enabled provider: its row with the endpoints that the settings give, and our registration
 * there.
 */
export interface ProviderSettings {
  row: ProviderRow
  clientId: string
  /** Empty where the row makes the secret from its own settings. */
  clientSecret: string
  /** The values of the row's own settings. */
  values: RowValues
  /** Further audiences that native ID tokens may have. */
  nativeClientIds: string[]
  storeTokens: StoreTokens
}

// Endpoints that OpenID metadata can name, so that any provider by discovery can have them overridden.
const METADATA_ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
  'end_session_endpoint',
  'revocation_endpoint',
]

/** Replaces a missing issuer, which is reported as a problem. */
const NO_ISSUER = 'https://issuer.invalid'

/** The enabled providers, built-in ones first, in the order in which they are shown. */
export function readProviderSettings(reader: Reader): ProviderSettings[] {
  const providers: ProviderSettings[] = []
  for (const row of builtInProviders) {
    const prefix = settingsPrefix(row.id)
    const names = ['CLIENT_ID', 'CLIENT_SECRET', ...Object.keys(row.settings)]
    if (names.some((name) => reader.text(`${prefix}${name}`) !== undefined)) {
      providers.push(readProvider(reader, row))
    }
  }
  for (const id of reader.list('OIDC_PROVIDERS')) {
    const prefix = settingsPrefix(id)
    if (!/^[a-z][a-z0-9_-]{0,31}$/.test(id)) {
      reader.refuse('oidcIds', id)
    } else if (
      // my-idp and my_idp would have the same settings.
      providers.some(({ row }) => settingsPrefix(row.id) === prefix) ||
      builtInProviders.some((row) => settingsPrefix(row.id) === prefix)
    ) {
      reader.refuse('oidcTwice', id)
    } else {
      const issuer = reader.text(`${prefix}ISSUER`)
      if (issuer === undefined) reader.refuse('missing', `${prefix}ISSUER`)
      const row = oidcProvider({
        id,
        name: shownName(reader.text(`${prefix}NAME`)) ?? id,
        issuer: issuer ?? NO_ISSUER,
      })
      providers.push(readProvider(reader, row))
    }
  }
  reportSharedIssuers(reader, providers)
  return providers
}

/** One provider's settings, whether it is enabled or not; what is missing is a problem. */
export function readProvider(reader: Reader, row: ProviderRow): ProviderSettings {
  const prefix = settingsPrefix(row.id)
  const required = (name: string) => {
    const value = reader.text(`${prefix}${name}`)
    if (value === undefined) reader.refuse('missing', `${prefix}${name}`)
    else if (!/^[\x20-\x7e]+$/.test(value)) reader.refuse('ascii', `${prefix}${name}`)
    return value ?? ''
  }
  const clientId = required('CLIENT_ID')
  const values = readRowValues(reader, row)
  const needsSecret = row.clientSecret === undefined && !row.clientKey?.(values)
  const clientSecret = needsSecret ? required('CLIENT_SECRET') : ''
  const overrides = (name: string) => {
    const setting = `${prefix}${name.toUpperCase()}`
    const value = reader.text(setting)
    if (value === undefined) return undefined
    const isDocument = name === 'issuer' && value.includes('/.well-known/')
    if (isSafeEndpoint(value) && !isDocument) return value
    reader.refuse(isDocument ? 'issuerItself' : 'endpoint', setting)
    return undefined
  }
  const sent = Object.entries(row.settings).flatMap(([name, { sentAs }]) =>
    sentAs !== undefined && values[name] ? [[sentAs, values[name]] as const] : [],
  )
  const authorizationParams = { ...row.authorizationParams, ...Object.fromEntries(sent) }
  const scopes = reader.list(`${prefix}SCOPES`, /[\s,]+/)
  const pkce = reader.isOn(`${prefix}PKCE`, row.pkce ? 'on' : 'off')
  const named = { ...values, CLIENT_ID: encodeURIComponent(clientId) }
  const userinfo =
    row.idToken === 'none'
      ? row.userinfo
      : reader.choice(`${prefix}USERINFO`, ['auto', 'always', 'off'], row.userinfo)
  const storeTokens = readStoreTokens(reader, row.id)
  const aimed = withEndpoints(
    withOfflineAccess(
      { ...row, pkce, userinfo, authorizationParams, trustsEmail: trustsEmail(reader, row) },
      storeTokens,
    ),
    named,
    overrides,
    scopes,
  )
  // Apple gives ID tokens without the scope.
  const needsOpenid = row.idToken === 'required' && row.scopes.includes('openid')
  if (needsOpenid && !aimed.scopes.includes('openid')) {
    reader.refuse('needsOpenid', `${prefix}SCOPES`)
  }
  const nativeClientIds = row.native.readIdToken ? reader.list(`${prefix}NATIVE_CLIENT_IDS`) : []
  return { row: aimed, clientId, clientSecret, values, nativeClientIds, storeTokens }
}

/** `<PROVIDER>_STORE_TOKENS`; not set, a provider's tokens are kept to revoke them. */
export function readStoreTokens(reader: Reader, id: string): StoreTokens {
  const name = `${settingsPrefix(id)}STORE_TOKENS`
  return reader.text(name) === undefined ? 'to_revoke' : reader.choice(name, ['on', 'off'], 'off')
}

/** The row as it asks for refresh tokens too, where tokens are kept to hand them out. */
export function withOfflineAccess(row: ProviderRow, storeTokens: StoreTokens): ProviderRow {
  if (storeTokens !== 'on') return row
  const { scopes = [], params = {} } = row.offline
  return {
    ...row,
    scopes: [...row.scopes, ...scopes],
    authorizationParams: { ...row.authorizationParams, ...params },
  }
}

function readRowValues(reader: Reader, row: ProviderRow): RowValues {
  const values: Record<string, string> = {}
  for (const [name, spec] of Object.entries(row.settings)) {
    const setting = `${settingsPrefix(row.id)}${name}`
    const given = reader.text(setting)
    const value = given === undefined ? spec.default : readRowValue(given, spec)
    if (value === null) {
      reader.refuse('mustBe', setting, spec.mustBe[reader.language])
    } else if (value === undefined) {
      reader.refuse('missing', setting)
    }
    values[name] = value ?? given ?? ''
  }
  return values
}

/** The value of a row's own setting in the form in which it is used; null where it is invalid. */
function readRowValue(given: string, { pattern, privateKey }: RowSetting): string | null {
  if (privateKey === undefined) return pattern.test(given) ? given : null
  const key = readPrivateKey(given)
  return key !== null && privateKey.includes(key.alg) ? key.pem : null
}

/** The row with the endpoints, issuer and scopes that the settings give in place of its own. */
export function withEndpoints(
  row: ProviderRow,
  values: RowValues,
  override: (name: string) => string | undefined,
  scopes: readonly string[],
): ProviderRow {
  const endpoints: Record<string, string> = {}
  for (const [name, url] of Object.entries(row.endpoints)) {
    endpoints[name] = url.replace(/\{([A-Z_]+)\}/g, (_, value: string) => values[value] ?? '')
  }
  for (const name of new Set([...METADATA_ENDPOINTS, ...Object.keys(row.endpoints)])) {
    const value = override(name)
    if (value !== undefined) endpoints[name] = value
  }
  const issuer = override('issuer')
  return Object.freeze({
    ...row,
    endpoints,
    ...(scopes.length > 0 ? { scopes } : {}),
    // The row's other names for the issuer are names of the real one.
    ...(issuer === undefined ? {} : { issuer, issuerAliases: [] }),
  })
}

/** Two providers with one issuer cannot be told apart in a callback (RFC 9207, section 4). */
function reportSharedIssuers(reader: Reader, providers: readonly ProviderSettings[]) {
  const seen = new Map<string, string>()
  for (const { row } of providers) {
    if (row.issuer === undefined || row.issuer === NO_ISSUER) continue
    const other = seen.get(row.issuer)
    if (other !== undefined) {
      reader.refuse('sameIssuer', row.id, other)
    }
    seen.set(row.issuer, row.id)
  }
}

/** Which built-in providers the emulator plays. */
export function providersToEmulate(
  reader: Reader,
  providers: readonly ProviderSettings[],
  isPublic: boolean,
): string[] {
  const configured = new Set(providers.map(({ row }) => row.id))
  const all = builtInProviders.map((row) => row.id)
  if (!reader.isGiven('EMULATE')) return providers.length === 0 && !isPublic ? all : []
  const asked = reader.list('EMULATE')
  if (asked.length === 1 && asked[0] === 'none') return []
  if (asked.includes('all')) return all.filter((id) => !configured.has(id))
  for (const id of asked) {
    if (!all.includes(id)) {
      reader.refuse('emulateUnknown', id, all.join(', '))
    } else if (configured.has(id)) {
      reader.refuse('emulateConfigured', id, `${settingsPrefix(id)}CLIENT_ID`)
    }
  }
  return all.filter((id) => asked.includes(id))
}
