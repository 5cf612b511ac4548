import { settingsPrefix } from '../../core/settings/prefix.ts'
import { loginCallback } from '../../core/settings/public-url.ts'
import type { Finding, Section } from '../../operations/doctor/findings.ts'
import { type AtProvider, checkNetwork } from '../../operations/doctor/network.ts'
import { describeEvents, describeRegistration } from '../../operations/doctor/registration.ts'
import { checkShapes, checkValues } from '../../operations/doctor/values.ts'
import type { ProviderSettings } from '../../settings/parts/providers.ts'
import type { Outbound } from '../../upstream/outbound/outbound.ts'
import { createProvider } from '../../upstream/provider.ts'
import { checkEventRegistration } from '../event-registration.ts'
import type { DoctorRun } from './run.ts'

/** What the doctor says about one enabled provider. */
export async function examineProvider(
  run: DoctorRun,
  registered: ProviderSettings,
): Promise<Section> {
  const { words, outbound, settings } = run
  const { row, clientId, clientSecret, values, nativeClientIds } = registered
  const { publicUrl } = settings
  const prefix = settingsPrefix(row.id)
  const findings: Finding[] = [
    ...describeRegistration(row, { publicUrl, scopesSetting: `${prefix}SCOPES` }, words),
    ...describeEvents(row, { publicUrl, prefix, values }, words),
    ...checkValues(
      row.console,
      {
        id: { name: `${prefix}CLIENT_ID`, value: clientId },
        secret: { name: `${prefix}CLIENT_SECRET`, value: clientSecret },
        nativeClientIds,
      },
      words,
    ),
    ...checkShapes(row.settings, { prefix, values }, words),
  ]
  const needed = Object.keys(row.settings).filter(
    (name) => row.settings[name]?.default === undefined,
  )
  const hasKey = Boolean(row.clientKey?.(values))
  const secrets = row.clientSecret ? needed.map((name) => values[name]) : [clientSecret]
  const isComplete = ![clientId, ...(hasKey ? [] : secrets)].includes('')
  if (outbound !== null && isComplete && !findings.some(({ level }) => level === 'wrong')) {
    const callbackUrl = loginCallback(publicUrl, row.id)
    const aim = (watched: Outbound) => aimAt(registered, callbackUrl, watched)
    findings.push(...(await checkNetwork(row, outbound, aim, words)))
    findings.push(...(await checkEventRegistration(registered, settings, outbound, words)))
  }
  return { title: row.name, findings }
}

/** The provider as the server would use it. */
function aimAt(registered: ProviderSettings, callbackUrl: string, outbound: Outbound): AtProvider {
  const provider = createProvider({
    ...registered,
    callbackUrl,
    outbound,
    callEnded: () => {},
    note: () => {},
  })
  return {
    metadata: provider.metadata,
    async start() {
      const { url, state, nonce, verifier } = await provider.start({}, (made) => made)
      const flow = { state, nonce, verifier, formUser: null }
      return { url: new URL(url), finish: (code) => provider.finish({ code, ...flow }) }
    },
  }
}
