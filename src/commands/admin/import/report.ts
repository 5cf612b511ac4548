import { counted } from '../../../core/text.ts'
import { visible } from '../print.ts'
import type { Left, LeftReason } from './assemble.ts'

/** Each reason in words; `isFault`: somebody should look at it. */
const REASONS: Readonly<Record<LeftReason, { says: string; isFault?: true }>> = {
  malformed: { says: 'cannot be read, or lacks an id: is --from right?', isFault: true },
  not_text: {
    says: 'is not text in UTF-8 or UTF-16: save it so, or unpack it first',
    isFault: true,
  },
  not_storable: { says: 'the database refused it', isFault: true },
  no_subject: { says: 'does not say who it is at the provider', isFault: true },
  no_person: { says: 'its user is not in the file', isFault: true },
  identity_of_another_user: { says: 'another user here has this identity', isFault: true },
  issuer_unknown: {
    says: 'the export does not say which tenant, workspace or server it is of; or enable the provider first',
  },
  no_social_identity: { says: 'has no account at a provider' },
  unknown_provider: { says: 'Latchkey has no such provider; OIDC_PROVIDERS adds others' },
  second_identity_at_provider: { says: 'the user has one at this provider' },
  unlinked_here: { says: 'the user took it away here' },
  deleted_here: { says: 'the user was here, and was deleted' },
  deleted_there: { says: 'was deleted over there' },
}

/** The outcome of an import, in numbers. */
export interface Counts {
  users_new: number
  users_known: number
  users_disabled: number
  identities_new: number
  not_taken: number
  faults: number
}

/** A user that is here now, or would be. */
export interface Here {
  at: string
  id: string | null
  sub: string
  outcome: 'new' | 'known'
  identities: number
}

/** The report of an import while it runs, as pieces of text, or as JSON for programs. */
export function createReport(isDryRun: boolean, isJson: boolean) {
  const counts: Counts = {
    users_new: 0,
    users_known: 0,
    users_disabled: 0,
    identities_new: 0,
    not_taken: 0,
    faults: 0,
  }
  let isFirst = true
  const entry = (value: object) => {
    const text = `${isFirst ? '' : ','}\n    ${JSON.stringify(value)}`
    isFirst = false
    return text
  }
  return {
    counts,
    begin: () => (isJson ? `{\n  "dry_run": ${isDryRun},\n  "users": [` : ''),
    here(here: Here): string {
      counts[here.outcome === 'new' ? 'users_new' : 'users_known'] += 1
      counts.identities_new += here.identities
      return isJson ? entry(here) : ''
    },
    left({ reason, ...left }: Left): string {
      counts.not_taken += 1
      const { says, isFault } = REASONS[reason]
      if (isFault) counts.faults += 1
      if (isJson) return entry({ ...left, outcome: 'not_taken', reason })
      const who = [left.id, left.provider, left.subject].filter((one) => one !== null)
      return `${visible([left.at, ...who].join('  '))}  not taken: ${says} (${reason})\n`
    },
    end(): string {
      const { users_new, users_known, users_disabled, identities_new, not_taken } = counts
      const isEmpty = users_new + users_known === 0
      if (isEmpty) counts.faults += 1
      if (isJson) return `\n  ],\n  "counts": ${JSON.stringify(counts)}\n}`
      return [
        ...(isEmpty ? ['Nobody was found who can be taken: is --from right?'] : []),
        `${isDryRun ? 'Would be new' : 'New'}: ${counted(users_new, 'user')}, ${counted(identities_new, 'identity', 'identities')}.`,
        `Here already: ${counted(users_known, 'user')}${users_disabled > 0 ? `, ${users_disabled} of them disabled now` : ''}.`,
        `Not taken: ${not_taken}.`,
        ...(isDryRun ? ['This was a dry run: nothing is changed.'] : []),
      ].join('\n')
    },
  }
}
