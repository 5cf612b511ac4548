import type { Prompt } from './provider.ts'

/** The prompts that a provider understands in the words of OpenID Connect. */
export const standardPrompts = (
  ...prompts: readonly Prompt[]
): Partial<Record<Prompt, Readonly<Record<string, string>>>> =>
  Object.fromEntries(prompts.map((prompt) => [prompt, { prompt }]))

/** What a client asks for by `prompt`, between spaces or commas. */
export const promptsIn = (prompt: string | null | undefined): string[] =>
  (prompt ?? '').split(/[ ,]+/).filter(Boolean)
