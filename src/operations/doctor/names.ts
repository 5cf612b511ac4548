import { type Finding, info, warning } from './findings.ts'
import type { DoctorTexts } from './texts/texts.ts'

/** The names of settings that the doctor compares. */
export interface Names {
  /** Every name that the server reads with these settings. */
  read: ReadonlySet<string>
  /** Names that it would read if a provider were enabled, and the setting that enables it. */
  idle: ReadonlyMap<string, string>
  /** Names in the environment, and those of them that are in .env. */
  given: readonly string[]
  inFile: readonly string[]
}

/**
 * Settings of an id, and the list that must name the id; `beside` must be set, too, to tell them
 * from other programs' variables.
 */
const BY_ID = [
  { list: 'CLIENTS', pattern: /^CLIENT_(.+?)_(?:POST_LOGOUT_)?REDIRECT_URIS?$/, beside: '' },
  { list: 'OIDC_PROVIDERS', pattern: /^(.+)_ISSUER$/, beside: '_CLIENT_ID' },
]

/** Names that are set and have no effect. Values are never looked at. */
export function checkNames({ read, idle, given, inFile }: Names, words: DoctorTexts): Finding[] {
  const known = [...read, ...idle.keys()]
  const letters = new Map(known.map((one) => [one, lettersOf(one)]))
  const unread: string[] = []
  const found: Finding[] = []
  for (const name of given.filter((one) => !read.has(one))) {
    const enabledBy = idle.get(name)
    const own = lettersOf(name)
    const meant = known.find((one) => isTypo(name, one, letters.get(one) === own))
    const unlisted = findUnlisted(name, given)
    if (enabledBy !== undefined) found.push(warning(words.withoutProvider(name, enabledBy)))
    else if (known.includes(name.replace(/_FILE$/, ''))) found.push(warning(words.asFile(name)))
    else if (meant !== undefined) found.push(warning(words.typo(name, meant)))
    else if (unlisted !== null) {
      found.push(warning(words.withoutList(name, unlisted.list, unlisted.id)))
    } else if (inFile.includes(name)) unread.push(name)
  }
  return unread.length === 0 ? found : [...found, info(words.unread(unread.join(', ')))]
}

/** The list that should name the id in this setting, and the id as it would be written there. */
function findUnlisted(name: string, given: readonly string[]): { list: string; id: string } | null {
  for (const { list, pattern, beside } of BY_ID) {
    const id = pattern.exec(name)?.[1]
    if (id === undefined || (beside !== '' && !given.includes(id + beside))) continue
    return { list, id: id.toLowerCase().replaceAll('_', '-') }
  }
  return null
}

/** Its letters in order, without underscores. */
const lettersOf = (name: string) => [...name.replaceAll('_', '')].sort().join('')

/**
 * Whether a name is one letter off, two if it is long, or has the same letters in another order or
 * without underscores.
 */
const isTypo = (given: string, known: string, hasSameLetters: boolean): boolean =>
  known.length >= 6 && (hasSameLetters || isWithin(known.length < 12 ? 1 : 2, given, known))

/**
 * Whether at most `most` inserted, removed or changed letters turn one into the other (Levenshtein
 * distance).
 */
function isWithin(most: number, a: string, b: string): boolean {
  // Each start compares every name in the environment with every setting; most differ in length
  // already.
  if (Math.abs(a.length - b.length) > most) return false
  let same = 0
  while (same < a.length && a[same] === b[same]) same += 1
  if (same === a.length && same === b.length) return true
  if (most === 0) return false
  const [ownRest, otherRest] = [a.slice(same), b.slice(same)]
  const [own, other] = [ownRest.slice(1), otherRest.slice(1)]
  return (
    isWithin(most - 1, own, other) ||
    isWithin(most - 1, own, otherRest) ||
    isWithin(most - 1, ownRest, other)
  )
}
