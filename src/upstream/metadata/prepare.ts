import type { FastifyBaseLogger } from 'fastify'
import type { Provider } from '../provider.ts'

/** Reads a provider's metadata before the first login. A provider that is down delays nothing. */
export function prepareAhead(provider: Provider, log: FastifyBaseLogger): void {
  provider.prepare().catch((err) => {
    log.warn(
      { event: 'provider_not_reached', provider: provider.row.id, err },
      'the provider is not reached yet; each login tries again',
    )
  })
}
