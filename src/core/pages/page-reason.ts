import type { RefuseReason } from '../identity/linking.ts'

/** Why somebody whom the provider has signed in is still refused. */
const REFUSALS = [
  ...(['user_disabled', 'sign_up_closed', 'sign_up_domain'] satisfies RefuseReason[]),
  'not_of_organisation',
] as const
export type Refusal = (typeof REFUSALS)[number]

/**
 * Reasons that our pages have their own words for, since the code alone tells a person too little.
 */
const PAGE_REASONS = ['direct_answer_off', 'cookies_missing', ...REFUSALS] as const
export type PageReason = (typeof PAGE_REASONS)[number]

const find = <Reason extends string>(all: readonly Reason[], { reason }: { reason?: unknown }) =>
  all.find((one) => one === reason) ?? null

/** The reason in an error's evidence, if it is one of these. */
export const pageReasonOf = (evidence: { reason?: unknown }): PageReason | null =>
  find(PAGE_REASONS, evidence)

/** The reason in an error's evidence, if it says why somebody is refused. */
export const refusalOf = (evidence: { reason?: unknown }): Refusal | null =>
  find(REFUSALS, evidence)
