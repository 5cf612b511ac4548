import { LatchkeyError } from '../core/errors.ts'
import type { ProviderRow } from '../core/provider/provider.ts'
import type { Metadata } from './metadata/metadata.ts'

/**
 * Throws where `iss` names another provider, or is missing although this provider promises it (RFC
 * 9207, section 2.4). Compared as plain text.
 */
export function checkCallbackIssuer(
  row: ProviderRow,
  metadata: Metadata,
  iss: string | undefined,
): void {
  const known = callbackIssuers(row, metadata)
  if (known.length === 0) return
  if (iss === undefined ? !metadata.callbackIssuerRequired : known.includes(iss)) return
  throw new LatchkeyError('invalid_state', 'This answer is not from the provider that was asked.', {
    evidence: { reason: iss === undefined ? 'iss_missing' : 'iss_mismatch' },
  })
}

/**
 * The issuers that a callback may name. An OAuth server without OpenID Connect names the parent of
 * its endpoint.
 */
function callbackIssuers(row: ProviderRow, { endpoints }: Metadata): string[] {
  if (row.callbackIssuer === null) return []
  if (row.issuer !== undefined) return [row.issuer]
  if (row.callbackIssuer === undefined) return []
  const base = endpoints.authorization_endpoint?.replace(/\/authorize$/, '')
  return [row.callbackIssuer, base ?? row.callbackIssuer]
}
