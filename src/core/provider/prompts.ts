import type { Prompt } from './provider.ts'

/** The prompts of a provider that has the same words for them as OpenID Connect. */
export const standardPrompts = (
  ...prompts: readonly Prompt[]
): Partial<Record<Prompt, Readonly<Record<string, string>>>> =>
  Object.fromEntries(prompts.map((prompt) => [prompt, { prompt }]))

/** The values in a client's `prompt`, separated by spaces or commas. */
export const promptsIn = (prompt: string | null | undefined): string[] =>
  (prompt ?? '').split(/[ ,]+/).filter(Boolean)
