import type { Prompt, ProviderRow } from '../core/provider.ts'

/** What a client asks of the provider, in our words. */
type Asked = Readonly<
  Partial<Record<'login_hint' | 'prompt' | 'max_age' | 'ui_locales', string | undefined>>
>

/** The same in the provider's own words; what it does not understand is left out. */
export function forwardedParameters(row: ProviderRow, asked: Asked): Record<string, string> {
  const given: Record<string, string> = {}
  for (const [ours, theirs] of Object.entries(row.forwardedParams)) {
    const value = asked[ours as keyof Asked]
    if (value !== undefined && value !== '') given[theirs] = value
  }
  const prompts = (asked.prompt ?? '').split(/[ ,]+/).filter(Boolean) as Prompt[]
  for (const prompt of prompts) Object.assign(given, row.prompts[prompt])
  // Where it has no max_age, the person authenticates anew where it can ask for that.
  const isOlder = asked.max_age !== undefined && row.forwardedParams.max_age === undefined
  if (isOlder && !prompts.includes('none')) {
    const { prompt } = row.forwardedParams
    if (row.prompts.login !== undefined) Object.assign(given, row.prompts.login)
    else if (prompt !== undefined && row.knowsLogin) given[prompt] ??= 'login'
  }
  return given
}
