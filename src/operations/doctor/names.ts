import { type Finding, info, warning } from './findings.ts'
import type { DoctorTexts } from './texts.ts'

/** Names of settings as the doctor compares them. */
export interface Names {
  /** Every name that the server reads with these settings. */
  read: ReadonlySet<string>
  /** Names that it would read of a provider that is not enabled, and the setting that enables it. */
  idle: ReadonlyMap<string, string>
  /** Names in the environment, and those of them that stand in .env. */
  given: readonly string[]
  inFile: readonly string[]
}

/** Settings by id, and the list that must name it; `beside` must be given too, to tell them from strangers. */
const BY_ID = [
  { list: 'CLIENTS', pattern: /^CLIENT_(.+?)_(?:POST_LOGOUT_)?REDIRECT_URIS?$/, beside: '' },
  { list: 'OIDC_PROVIDERS', pattern: /^(.+)_ISSUER$/, beside: '_CLIENT_ID' },
]

/** Names that are given and have no effect. A value is never looked at. */
export function checkNames({ read, idle, given, inFile }: Names, words: DoctorTexts): Finding[] {
  const known = [...read, ...idle.keys()]
  const unread: string[] = []
  const found: Finding[] = []
  for (const name of given.filter((one) => !read.has(one))) {
    const enabledBy = idle.get(name)
    const meant = known.find((one) => isTypo(name, one))
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

/** The list that should name the id in this setting, and the id as it would stand there. */
function findUnlisted(name: string, given: readonly string[]): { list: string; id: string } | null {
  for (const { list, pattern, beside } of BY_ID) {
    const id = pattern.exec(name)?.[1]
    if (id === undefined || (beside !== '' && !given.includes(id + beside))) continue
    return { list, id: id.toLowerCase().replaceAll('_', '-') }
  }
  return null
}

/** One letter off, two in a long name, or the same letters in another order or without underscores. */
function isTypo(given: string, known: string): boolean {
  if (known.length < 6) return false
  const letters = (text: string) => [...text.replaceAll('_', '')].sort().join('')
  return letters(given) === letters(known) || distance(given, known) <= (known.length < 12 ? 1 : 2)
}

/** Letters to put in, take out or change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (const [line, letter] of [...a].entries()) {
    let corner = line
    row = row.map((above, column) => {
      if (column === 0) return line + 1
      const change = corner + (letter === b[column - 1] ? 0 : 1)
      corner = above
      return Math.min(change, above + 1)
    })
    for (let column = 1; column < row.length; column++) {
      row[column] = Math.min(row[column] ?? 0, (row[column - 1] ?? 0) + 1)
    }
  }
  return row.at(-1) ?? 0
}
