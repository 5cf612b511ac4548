import { readFileSync } from 'node:fs'
import { type Finding, ok, warning } from '../operations/doctor/findings.ts'
import type { DoctorTexts } from '../operations/doctor/texts/texts.ts'
import type { Settings } from '../settings/index.ts'
import type { ProviderSettings } from '../settings/parts/providers.ts'
import { registrationOf } from '../upstream/event-registration.ts'
import type { Outbound } from '../upstream/outbound/outbound.ts'

/** The API calls that ask an enabled provider for its events; null where it needs none. */
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

/**
 * Asks a provider where it sends its events. Nothing where it sends them without being asked, or
 * cannot be asked yet.
 */
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
    // The provider refused, or a key file is invalid. Codes and names contain no secret.
    const { code, name } = error as { code?: unknown; name?: unknown }
    return [warning(words.eventsNotAsked(String(code ?? name ?? 'unknown')))]
  }
}
