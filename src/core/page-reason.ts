/** What a page of ours says in words of its own, where the code alone says too little to a person. */
export const PAGE_REASONS = ['direct_answer_off'] as const
export type PageReason = (typeof PAGE_REASONS)[number]

/** The reason of an error's evidence, where it is one of these. */
export const pageReasonOf = (evidence: { reason?: unknown }): PageReason | null =>
  PAGE_REASONS.find((one) => one === evidence.reason) ?? null
