import { readFileSync } from 'node:fs'
import { type Finding, ok, warning } from '../operations/doctor/findings.ts'
import type { DoctorTexts } from '../operations/doctor/texts/texts.ts'
import type { Settings } from '../settings/index.ts'
import type { ProviderSettings } from '../settings/parts/providers.ts'
import { registrationOf } from '../upstream/event-registration.ts'
import type { Outbound } from '../upstream/outbound/outbound.ts'

/** The calls by which a provider of the settings is asked for its events; null where it needs none. */
export const registrationAt = (
  provider: ProviderSettings,
  { publicUrl }: Pick<Settings, 'publicUrl'>,
  outbound: Outbound,
) =>
  registrationOf(provider, {
    publicUrl,
    outbound,
    readFile: (path) => readFileSync(path, 'utf8'),
  })

/** Asks a provider where it sends its events; nothing where it needs not to be asked for them, or cannot be asked yet. */
export async function checkEventRegistration(
  provider: ProviderSettings,
  settings: Pick<Settings, 'publicUrl'>,
  outbound: Outbound,
  words: DoctorTexts,
): Promise<Finding[]> {
  const calls = registrationAt(provider, settings, outbound)
  if (calls === null || calls.missing.length > 0) return []
  try {
    const found = await calls.status()
    if (found === null) return [warning(words.eventsNotRegistered)]
    if (found.address !== calls.address) return [warning(words.eventsElsewhere(found.address))]
    if (found.isOff) return [warning(words.eventsStopped(found.state))]
    return [ok(words.eventsRegistered(found.address))]
  } catch (error) {
    // A refusal of the provider, a key file that is none: nothing secret is in a code or a name.
    const { code, name } = error as { code?: unknown; name?: unknown }
    return [warning(words.eventsNotAsked(String(code ?? name ?? 'unknown')))]
  }
}
