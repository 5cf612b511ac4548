import { promptsIn } from '../core/provider/prompts.ts'
import type { Prompt, ProviderRow } from '../core/provider/provider.ts'

/** Parameters of the client's request that are passed on to providers that understand them. */
export type ForwardedParams = Readonly<
  Partial<Record<'login_hint' | 'prompt' | 'max_age' | 'ui_locales', string | undefined>>
>

/** These parameters in the provider's own terms; those it does not understand are left out. */
export function forwardedParameters(
  row: ProviderRow,
  asked: ForwardedParams,
): Record<string, string> {
  const given: Record<string, string> = {}
  for (const [ours, theirs] of Object.entries(row.forwardedParams)) {
    const value = asked[ours as keyof ForwardedParams]
    if (value !== undefined && value !== '') given[theirs] = value
  }
  for (const prompt of promptsOf(row, asked)) {
    for (const [name, value] of Object.entries(row.prompts[prompt] ?? {})) {
      // A number is no list: a new authentication is what is left of any age.
      const values = name === row.forwardedParams.max_age ? [] : (given[name]?.split(' ') ?? [])
      given[name] = [...new Set([...values, value])].join(' ')
    }
  }
  return given
}

/**
 * The prompts to pass on. A provider without `max_age` is asked to authenticate the person again
 * instead.
 */
function promptsOf({ forwardedParams }: ProviderRow, asked: ForwardedParams): Prompt[] {
  const prompts = promptsIn(asked.prompt) as Prompt[]
  const isOlder = asked.max_age !== undefined && forwardedParams.max_age === undefined
  const isAnew = isOlder && !prompts.includes('none') && !prompts.includes('login')
  return isAnew ? ['login', ...prompts] : prompts
}
