import type { ProviderRow } from '../core/provider/provider.ts'
import type { EventRegistration, RegistrationTools } from '../core/provider/provider-event.ts'
import type { RowValues } from '../core/provider/row-inputs.ts'
import { eventsAddress } from '../core/settings/public-url.ts'
import type { Outbound } from './outbound/outbound.ts'

/** A provider that sends events only after it was asked to by an API call. */
export interface Registrable {
  row: ProviderRow
  clientId: string
  clientSecret: string
  values: RowValues
}

/** The API calls that ask for the provider's events; null where it needs none. */
export function registrationOf(
  { row, clientId, clientSecret, values }: Registrable,
  options: { publicUrl: string; outbound: Outbound; readFile(path: string): string },
): {
  /** Names of settings that the calls need and that are empty. */
  missing: readonly string[]
  address: string
  register(): Promise<void>
  status(): ReturnType<EventRegistration['status']>
  /** Undefined where the provider has no such call. */
  verify: (() => Promise<void>) | undefined
} | null {
  const registration = row.events?.registration
  if (registration === undefined) return null
  const { outbound, publicUrl, readFile } = options
  const { keyFile, needs } = registration
  const address = eventsAddress(publicUrl, row.id)
  const tools = (): RegistrationTools => ({
    client: { id: clientId, secret: clientSecret },
    values,
    keyFile: keyFile === undefined ? '' : readFile(values[keyFile] ?? ''),
    endpoint: (name) => row.endpoints[name] ?? '',
    address,
    async call({ method, url, headers, form, json }) {
      const body = form === undefined ? { json } : { form }
      const { status, text } =
        method === 'GET'
          ? await outbound.get(url, 'registration', { headers })
          : await outbound.post(url, 'registration', { headers, ...body })
      return { status, document: text === '' ? {} : JSON.parse(text) }
    },
  })
  const { verify } = registration
  return {
    missing: needs.filter((name) => !values[name]),
    address,
    register: async () => registration.register(tools()),
    status: async () => registration.status(tools()),
    verify: verify === undefined ? undefined : async () => verify(tools()),
  }
}
