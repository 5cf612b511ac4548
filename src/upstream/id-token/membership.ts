import { LatchkeyError } from '../../core/errors.ts'
import type { ProviderRow } from '../../core/provider/provider.ts'
import type { RowValues } from '../../core/provider/row-inputs.ts'

/**
 * Throws where the settings admit only members of an organisation (as a Google Workspace domain)
 * and this person is none.
 */
export function requireMember(
  row: ProviderRow,
  values: RowValues,
  document: Readonly<Record<string, unknown>>,
): void {
  if (row.isMember?.(document, values) ?? true) return
  throw new LatchkeyError(
    'access_denied',
    'Only accounts of one organisation may sign in here, and this is none of them.',
    { evidence: { reason: 'not_of_organisation' } },
  )
}
