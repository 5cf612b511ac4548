import type { OperatorLanguage } from '../core/settings/operator-texts.ts'
import { type SettingsTexts, settingsTexts } from './texts.ts'

/** Environment variables; an empty value counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>

const DURATION_UNITS = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Seconds, from one second to ten years; null where the text is no duration. */
export function parseDuration(text: string): number | null {
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const seconds = Number(amount) * DURATION_UNITS[unit as keyof typeof DURATION_UNITS]
  return seconds >= 1 && seconds <= 3_650 * 86_400 ? seconds : null
}

/** The names of the texts that state a problem. */
type Refusal = {
  [Word in keyof SettingsTexts]: SettingsTexts[Word] extends
    | string
    | ((...values: never[]) => string)
    ? Word
    : never
}[keyof SettingsTexts]

/** Reads settings and collects all problems instead of stopping at the first. */
export class Reader {
  readonly problems: string[] = []
  /** The problems that are none on a developer's machine, with the line to print above them. */
  needs: { title: string; problems: ReadonlySet<string> } | null = null
  /** The names of all settings that were read. */
  readonly names = new Set<string>()
  readonly language: OperatorLanguage
  readonly words: SettingsTexts
  readonly #env: Environment

  constructor(env: Environment, language: OperatorLanguage = 'en') {
    this.#env = env
    this.language = language
    this.words = settingsTexts[language]
  }

  /** Notes a problem: the name of a text in `texts.ts`, and the values for it. */
  refuse<Word extends Refusal>(
    word: Word,
    ...values: SettingsTexts[Word] extends (...values: infer Values) => string ? Values : []
  ): void {
    const text: string | ((...values: never[]) => string) = this.words[word]
    this.problems.push(typeof text === 'string' ? text : text(...(values as never[])))
  }

  /** The value without the spaces around it, undefined where it is not set or empty. */
  text(name: string): string | undefined {
    this.names.add(name)
    const value = this.#env[name]?.trim()
    return value === '' ? undefined : value
  }

  /** Whether the variable exists, even if it is empty. */
  isGiven(name: string): boolean {
    this.names.add(name)
    return this.#env[name] !== undefined
  }

  list(name: string, separator: RegExp = /,/): string[] {
    const parts = (this.text(name) ?? '').split(separator).map((part) => part.trim())
    return parts.filter((part) => part !== '')
  }

  /** Whether a setting that is `on` or `off` is on. */
  isOn(name: string, fallback: 'on' | 'off'): boolean {
    return this.choice(name, ['on', 'off'], fallback) === 'on'
  }

  choice<const Choices extends readonly string[]>(
    name: string,
    choices: Choices,
    fallback: Choices[number],
  ): Choices[number] {
    const value = this.text(name)
    if (value === undefined) return fallback
    if (choices.includes(value)) return value
    this.refuse('choice', name, choices.join(', '))
    return fallback
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.text(name)
    if (value === undefined) return fallback
    const parsed = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
    if (parsed >= min && parsed <= max) return parsed
    this.refuse('integer', name, min, max)
    return fallback
  }

  /** Seconds, from `90s`, `10m`, `12h`, `14d`. */
  duration(name: string, fallback: string): number {
    const seconds = parseDuration(this.text(name) ?? fallback)
    if (seconds !== null) return seconds
    this.refuse('duration', name)
    return parseDuration(fallback) ?? 0
  }
}
