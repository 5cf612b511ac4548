import type { Prompt } from '../provider/provider.ts'

/** The prompts that a provider understands in the words of OpenID Connect. */
export const standardPrompts = (
  ...prompts: readonly Prompt[]
): Partial<Record<Prompt, Readonly<Record<string, string>>>> =>
  Object.fromEntries(prompts.map((prompt) => [prompt, { prompt }]))
