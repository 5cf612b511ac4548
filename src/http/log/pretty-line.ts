/**
 * A log line for people: `12:34:56 warn  login_failed provider=kakao …  The message.` Control
 * characters stay escaped as in JSON, so that no value can control the terminal.
 */
export function prettyLine(json: string): string {
  let line: Record<string, unknown>
  try {
    line = JSON.parse(json)
  } catch {
    return json
  }
  const { level, time, event, msg, stack, ...rest } = line
  const parts = Object.entries(rest).map(([name, value]) => `${name}=${shown(value)}`)
  const head = [String(time).slice(11, 19), String(level).padEnd(5), shown(event ?? '')]
  const text = [...head, ...parts, shown(msg ?? '')].filter((part) => part !== '').join(' ')
  const frames = typeof stack === 'string' ? `${stack.split('\n').map(shown).join('\n')}\n` : ''
  return `${text}\n${frames}`
}

/** A plain word as it is, any other text as JSON. */
function shown(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  const json = JSON.stringify(value).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    '',
  )
  return json.slice(1, -1) === value && !value.includes('=') ? value : json
}
