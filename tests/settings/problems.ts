import { expect } from 'vitest'
import { collectSettings } from '../../src/settings/index.ts'
import { type Environment, Reader } from '../../src/settings/reader.ts'

/** What is wrong with these settings, one sentence each; empty where nothing is. As much is in Korean. */
export function problemsOf(env: Environment): readonly string[] {
  const english = new Reader(env)
  collectSettings(english)
  const korean = new Reader(env, 'ko')
  collectSettings(korean)
  expect(new Set(korean.problems).size).toBe(english.problems.length)
  for (const text of korean.problems) expect(text).toMatch(/[가-힣]/)
  return english.problems
}
