/** What is said of the lines of a `.env` before its values count. */
export interface EnvironmentLines {
  /** Number of the first line that sets nothing, and is no comment; it would swallow the next ones. */
  strange: number | null
  /** Number of the first line whose value begins with a quote that never ends. */
  unclosed: number | null
  /** Names whose value ends at a # that stands right behind a letter of it. */
  cut: string[]
}

const SETS = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*(.*)$/

/** Reads the lines of a `.env` as `parseEnv` does, which passes over what it does not understand. */
export function readEnvironmentLines(text: string): EnvironmentLines {
  const found: EnvironmentLines = { strange: null, unclosed: null, cut: [] }
  const lines = text.split('\n')
  for (let place = 0; place < lines.length; place += 1) {
    const line = lines[place] ?? ''
    if (/^\s*(#|$)/.test(line)) continue
    const [, name = '', value = ''] = SETS.exec(line) ?? []
    const quote = /^["'`]/.exec(value)?.[0]
    if (name === '') found.strange ??= place + 1
    else if (quote === undefined) {
      if (/^[^#]*[^\s#]#|^#\w/.test(value)) found.cut.push(name)
    } else {
      const end = [value.slice(1), ...lines.slice(place + 1)].findIndex((one) =>
        one.includes(quote),
      )
      if (end < 0) found.unclosed ??= place + 1
      place += Math.max(end, 0)
    }
  }
  return found
}
