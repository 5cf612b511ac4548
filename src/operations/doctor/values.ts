import type { Console } from '../../core/provider/console.ts'
import type { RowSetting } from '../../core/provider/provider.ts'
import type { RowValues } from '../../core/provider/row-inputs.ts'
import { type Finding, warning, wrong } from './findings.ts'
import type { DoctorTexts } from './texts/texts.ts'

// The last one is what a console shows instead of a secret, and is easily copied.
const PLACEHOLDER =
  /^(x{3,}|\.{3}|…|your[-_ ].*|<.*>|change[-_]?me|todo|example|placeholder|.*[*•●]{4}.*)$/i

/** A setting and its value. */
interface Value {
  name: string
  value: string
}

/** A registration's values. */
export interface Values {
  id: Value
  secret: Value
  nativeClientIds: readonly string[]
}

/** Checks a registration's values without calling anything. No value is ever repeated. */
export function checkValues(
  console: Console,
  { id, secret, nativeClientIds }: Values,
  words: DoctorTexts,
): Finding[] {
  const [ofId, ofSecret] = [checkText(id, words), checkText(secret, words)]
  const about = ofId ?? (id.value === '' ? null : checkId(console, id, nativeClientIds, words))
  const found = [about, ofSecret].filter((finding) => finding !== null)
  if (found.some(({ level }) => level === 'wrong') || id.value === '') return found

  const { clientId, clientSecret } = console
  const isLikeId = (value: string) => clientId?.pattern.test(value) ?? false
  const isLikeSecret = (value: string) => clientSecret?.pattern.test(value) ?? false
  const isSwapped =
    !isLikeId(id.value) &&
    (isLikeSecret(id.value) || (isLikeId(secret.value) && !isLikeSecret(secret.value)))
  if (id.value === secret.value) return [wrong(words.same(id.name, secret.name))]
  return isSwapped ? [wrong(words.swapped(id.name, secret.name))] : found
}

/** Checks the form of a provider's own settings; those that are not set are skipped. */
export function checkShapes(
  specs: Readonly<Record<string, Pick<RowSetting, 'looksLike'>>>,
  { prefix, values }: { prefix: string; values: RowValues },
  words: DoctorTexts,
): Finding[] {
  return Object.entries(specs).flatMap(([setting, { looksLike }]) => {
    const given = { name: `${prefix}${setting}`, value: values[setting] ?? '' }
    if (looksLike === undefined || given.value === '') return []
    const isOther = !looksLike.pattern.test(given.value)
    return (
      checkText(given, words) ?? (isOther ? warning(words.shape(given.name, looksLike.like)) : [])
    )
  })
}

/** Checks for text that no id or secret contains. */
function checkText({ name, value }: Value, words: DoctorTexts): Finding | null {
  if (/^["'`]|["'`]$/.test(value)) return wrong(words.quoted(name))
  if (PLACEHOLDER.test(value)) return wrong(words.placeholder(name))
  return /\s/.test(value) ? wrong(words.blank(name)) : null
}

/** Checks that this is the console's client id, and not another of its values. */
function checkId(
  { clientId, mistakenIds, nativeClientId }: Console,
  { name, value }: Value,
  nativeClientIds: readonly string[],
  words: DoctorTexts,
): Finding | null {
  const isNative = nativeClientIds.includes(value) ? nativeClientId : undefined
  const mistaken = mistakenIds.find(({ pattern }) => pattern.test(value))?.is ?? isNative
  if (mistaken !== undefined) return wrong(words.mistaken(name, mistaken[words.language]))
  const isOther = clientId !== undefined && !clientId.pattern.test(value)
  return isOther ? warning(words.shape(name, clientId.like)) : null
}
