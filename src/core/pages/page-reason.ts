import type { RefuseReason } from '../identity/linking.ts'

/** Why somebody whom the provider has signed in may still not come in. */
const REFUSALS = [
  ...(['user_disabled', 'sign_up_closed', 'sign_up_domain'] satisfies RefuseReason[]),
  'not_of_organisation',
] as const
export type Refusal = (typeof REFUSALS)[number]

/** Reasons for which a page of ours has words of its own, since the code alone tells a person too little. */
const PAGE_REASONS = ['direct_answer_off', 'cookies_missing', ...REFUSALS] as const
export type PageReason = (typeof PAGE_REASONS)[number]

const find = <Reason extends string>(all: readonly Reason[], { reason }: { reason?: unknown }) =>
  all.find((one) => one === reason) ?? null

/** The reason of an error's evidence, where it is one of these. */
export const pageReasonOf = (evidence: { reason?: unknown }): PageReason | null =>
  find(PAGE_REASONS, evidence)

/** The reason of an error's evidence, where it says why somebody may not come in. */
export const refusalOf = (evidence: { reason?: unknown }): Refusal | null =>
  find(REFUSALS, evidence)
