import type { ProviderRow } from '../../core/provider/provider.ts'
import { settingsPrefix } from '../../core/settings/prefix.ts'
import { builtInProviders } from '../../providers/index.ts'
import type { Reader } from '../reader.ts'

/**
 * Endpoints that decide who a person is. If a setting changes one of them, the provider is another
 * one.
 */
const SPEAKS_FOR_IT =
  /^(ISSUER|TOKEN_ENDPOINT|USERINFO_ENDPOINT|EMAILS_ENDPOINT|JWKS_URI|TOKEN_INFO_ENDPOINT|TOKEN_CHECK_ENDPOINT|DEBUG_TOKEN_ENDPOINT)$/

/** Whether a provider's verified addresses count: `<PROVIDER>_TRUST_EMAIL`, else by its row. */
export function trustsEmail(reader: Reader, row: ProviderRow): boolean {
  const prefix = settingsPrefix(row.id)
  const own = { ...row.endpoints, issuer: row.issuer }
  const isAimedElsewhere = Object.entries({
    userinfo_endpoint: '',
    token_endpoint: '',
    jwks_uri: '',
    ...own,
  }).some(([name, url]) => {
    const value = SPEAKS_FOR_IT.test(name.toUpperCase())
      ? reader.text(`${prefix}${name.toUpperCase()}`)
      : undefined
    return value !== undefined && value !== url
  })
  return reader.isOn(`${prefix}TRUST_EMAIL`, row.trustsEmail && !isAimedElsewhere ? 'on' : 'off')
}

/** Ids of the providers whose verified flag is trusted, whether they are enabled or not. */
export function trustedProviders(
  reader: Reader,
  enabled: readonly { row: ProviderRow }[],
): string[] {
  const others = builtInProviders.filter(({ id }) => enabled.every(({ row }) => row.id !== id))
  return [
    ...enabled.filter(({ row }) => row.trustsEmail).map(({ row }) => row.id),
    ...others.filter((row) => trustsEmail(reader, row)).map(({ id }) => id),
  ]
}
