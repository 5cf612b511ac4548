/** What a `.env` says, line by line. */
export interface EnvironmentLines {
  values: Record<string, string>
  /** Number of the first line that is neither NAME=value nor a comment. */
  strange: number | null
  /**
   * Number of the first line whose value begins with a quote that never ends, or that ends before
   * other text in a later line.
   */
  unclosed: number | null
  /** Names whose value was cut at a # directly behind its text. */
  cut: string[]
}

/**
 * A value without its quotes. Docker's `--env-file` and kubectl's `--from-env-file` read the same
 * file, but leave the quotes on.
 */
export function withoutQuotes(value: string): string {
  const [, quote, inside = ''] = /^\s*(["'`])(.*)\1\s*$/s.exec(value) ?? []
  if (quote === undefined || inside.includes(quote)) return value
  return unescaped(quote, inside)
}

const unescaped = (quote: string, inside: string) =>
  quote === '"' ? inside.replaceAll('\\n', '\n') : inside

const SETS = /^\s*(?:export\s+)?([\w.-]+)\s*=\s*(.*)$/s

/**
 * Reads the lines of a `.env` by the rules of Node's own `parseEnv`. That one, in Node 20, takes
 * the blanks of an empty line into the next name, and tabs into names and values.
 */
export function readEnvironmentLines(text: string): EnvironmentLines {
  const found: EnvironmentLines = { values: {}, strange: null, unclosed: null, cut: [] }
  const lines = text.split('\n')
  for (let place = 0; place < lines.length; place += 1) {
    const line = lines[place] ?? ''
    if (/^\s*(#|$)/.test(line)) continue
    const [, name = '', value = ''] = SETS.exec(line) ?? []
    const quote = /^["'`]/.exec(value)?.[0]
    if (name === '') found.strange ??= place + 1
    else if (quote === undefined) {
      found.values[name] = value.replace(/#.*$/s, '').trim()
      if (/^[^#]*[^\s#]#|^#\w/.test(value)) found.cut.push(name)
    } else {
      const rest = [value.slice(1), ...lines.slice(place + 1)]
      const end = rest.findIndex((one) => one.includes(quote))
      const text = rest.slice(0, end + 1).join('\n')
      const [inside = '', behind = ''] = text.split(quote)
      // A quote in a later line may be the next value's: that setting would be lost.
      const isForgotten = end > 0 && !/^\s*(#|$)/.test(behind)
      if (end < 0 || isForgotten) found.unclosed ??= place + 1
      found.values[name] = unescaped(quote, inside)
      place += Math.max(end, 0)
    }
  }
  return found
}
