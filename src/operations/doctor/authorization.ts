import type { ProviderRow } from '../../core/provider/provider.ts'
import { type Deadline, withDeadline } from '../../upstream/outbound/deadline.ts'
import type { Outbound } from '../../upstream/outbound/outbound.ts'
import type { Answer } from '../../upstream/outbound/read-answer.ts'
import { findErrors } from './explain/errors.ts'
import { type Finding, warning, wrong } from './findings.ts'
import type { DoctorTexts } from './texts/texts.ts'

/** How many redirects within the provider's own host are followed. */
const MAX_STEPS = 3

/**
 * Opens the page that a login begins with, as a browser would, and looks for a refusal. Most
 * mistakes in a provider's console (an unregistered redirect URI, a consent item that is off) are
 * only shown there. The page need not be reachable from this machine, so a failure says nothing.
 */
export async function checkSignInPage(
  url: URL,
  row: ProviderRow,
  outbound: Outbound,
  words: DoctorTexts,
): Promise<Finding[]> {
  const seen = await withDeadline((deadline) => open(url, outbound, deadline))
  if (seen === null) return []
  const { status, text, addresses } = seen
  const named = (where: string) =>
    findErrors(where, [row], words.language).find(
      ({ code }) => isTelling(code) && means(row, code) !== 'nothing',
    )
  // A page that opens may contain error codes in its scripts. A redirect's URL or a refusal
  // contains only the one that it means.
  const sure = named(addresses.join(' ')) ?? (status >= 400 ? named(text) : undefined)
  if (sure !== undefined) return [wrong(`${words.answers(sure.code)} ${sure.step}`)]
  const maybe = named(text)
  if (maybe !== undefined) return [warning(`${words.answers(maybe.code)} ${maybe.step}`)]
  return status === 400 ? [warning(words.pageRefuses(status))] : []
}

/** A word that no page contains by chance. */
const isTelling = (code: string) => /[A-Za-z]/.test(code) && code.length >= 6

function means(row: ProviderRow, code: string) {
  const known = Object.hasOwn(row.console.errors, code) ? row.console.errors[code] : undefined
  return known?.means ?? (code === 'invalid_redirect_uri' ? 'incomplete' : 'nothing')
}

/** The page where a browser ends up, following redirects within the provider's own host. */
async function open(start: URL, outbound: Outbound, deadline: Deadline) {
  const addresses: string[] = []
  let url = start
  for (let step = 0; ; step++) {
    const answer: Answer | null = await outbound
      .get(url.href, 'authorization', { deadline, headers: { accept: 'text/html' } })
      .catch(() => null)
    if (answer === null) return null
    const { status, text, location } = answer
    const leads = location !== null && URL.canParse(location, url.href)
    const next = leads ? new URL(location, url) : null
    // An encoded character parts two words as well as the character itself.
    if (next !== null) addresses.push(next.search.replaceAll(/%[0-9a-f]{2}/gi, ' '))
    if (next === null || next.origin !== start.origin || step === MAX_STEPS) {
      return { status, text, addresses }
    }
    url = next
  }
}
