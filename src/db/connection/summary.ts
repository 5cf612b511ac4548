/**
 * Finds what a statement does to which tables, in the form of OpenTelemetry's `db.query.summary`.
 */
const PART = /\b(insert into|update|delete from|from|join)\s+(?:"?latchkey"?\.)"?([a-z_]+)/gi
const VERBS: Readonly<Record<string, string>> = {
  'insert into': 'INSERT',
  update: 'UPDATE',
  'delete from': 'DELETE',
}
/** How many summaries are kept: there are fewer constant statements. */
const MOST_KEPT = 500
const LONGEST = 120

const kept = new Map<string, string>()

/**
 * A name for a statement: `UPDATE sessions users`, `INSERT finished_flows`. It has only keywords
 * and names of our tables, so no parameter or literal can be in it.
 */
export function summaryOf(text: string): string {
  const known = kept.get(text)
  if (known !== undefined) return known
  const summary = summarise(text)
  if (kept.size < MOST_KEPT) kept.set(text, summary)
  return summary
}

function summarise(text: string): string {
  const words: string[] = []
  const seen = new Set<string>()
  let verb = ''
  for (const [, keyword = '', table = ''] of text.matchAll(PART)) {
    const next = VERBS[keyword.toLowerCase().replace(/\s+/g, ' ')] ?? 'SELECT'
    // What a changing statement also reads is not listed as a `SELECT`.
    const isRead = next === 'SELECT' && verb !== ''
    if (seen.has(isRead ? table : `${next} ${table}`)) continue
    seen.add(table).add(`${next} ${table}`)
    if (!isRead && next !== verb) {
      verb = next
      words.push(verb)
    }
    words.push(table)
  }
  if (words.length > 0) return words.join(' ').slice(0, LONGEST)
  // Without a table of ours: `BEGIN`, `SELECT pg_advisory_xact_lock`.
  const [, first = 'sql', called] = /^\s*([a-z]+)(?:\s+([a-z_]+)\()?/i.exec(text) ?? []
  return [first.toUpperCase(), called].filter(Boolean).join(' ')
}
