import type { ProviderRow } from '../../core/provider/provider.ts'
import type { RowValues } from '../../core/provider/row-inputs.ts'
import { eventsAddress, loginCallback, logoutCallback } from '../../core/settings/public-url.ts'
import { type Finding, info, warning } from './findings.ts'
import type { DoctorTexts } from './texts/texts.ts'

/** Where a provider's console is, and the redirect URI that it must know. */
export function describeRedirectUri(
  row: ProviderRow,
  publicUrl: string,
  words: DoctorTexts,
): Finding[] {
  const { url, redirectUris } = row.console
  const redirectUri = loginCallback(publicUrl, row.id)
  return [
    info(words.console(url)),
    info(words.redirectUri(redirectUri), redirectUris[words.language]),
  ]
}

/** The URLs for a provider's events, where to enter them in the console, and what they need. */
export function describeEvents(
  row: ProviderRow,
  { publicUrl, prefix, values }: { publicUrl: string; prefix: string; values: RowValues },
  words: DoctorTexts,
): Finding[] {
  return (row.events?.addresses ?? []).flatMap(({ path, where, setting, command }) => [
    info(words.eventsUri(eventsAddress(publicUrl, row.id) + path), where[words.language]),
    ...(setting === null || values[setting] ? [] : [info(words.eventsNeed(prefix + setting))]),
    ...(command === undefined ? [] : [info(words.eventsCommand(command))]),
  ])
}

/** Everything that has to be registered and switched on in a provider's console. */
export function describeRegistration(
  row: ProviderRow,
  { publicUrl, scopesSetting }: { publicUrl: string; scopesSetting: string },
  words: DoctorTexts,
): Finding[] {
  const { logoutRedirectUris: logout, keys, also, refuses } = row.console
  const isRefused = refuses?.pattern.test(loginCallback(publicUrl, row.id)) ?? false
  const logoutUri = logoutCallback(publicUrl, row.id)
  return [
    ...describeRedirectUri(row, publicUrl, words),
    ...(logout === undefined ? [] : [info(words.logoutUri(logoutUri), logout[words.language])]),
    info(words.keys(keys[words.language])),
    ...also.map((text) => info(words.also(text[words.language]))),
    ...(row.scopes.length === 0 ? [] : [info(words.scopes(row.scopes.join(', '), scopesSetting))]),
    ...(refuses !== undefined && isRefused
      ? [warning(words.refusesUri, refuses.instead[words.language])]
      : []),
  ]
}
