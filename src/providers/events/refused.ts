/** What a provider answers to a call that it refuses: its status, and its own words where it says any. */
export function refused(
  what: string,
  { status, document }: { status: number; document: Readonly<Record<string, unknown>> },
): Error {
  const { error, message } = document
  const inner =
    typeof error === 'object' && error !== null ? (error as { message?: unknown }) : null
  const said = [inner?.message, message, error].find((one) => typeof one === 'string')
  // For the operator's terminal: one line of it.
  const words = said === undefined ? '' : ` (${String(said).replace(/[^\x20-\x7e]+/g, ' ')})`
  return new Error(`${what}: HTTP ${status}${words.slice(0, 300)}`)
}
