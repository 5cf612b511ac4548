import type { Language } from '../pages/language.ts'

/** Colours of a button, as CSS writes them. */
export interface Skin {
  readonly background: string
  readonly color: string
  readonly border: string
}

/** A text that a provider's guideline, or an app itself, has in some languages. */
export type Labels = Readonly<{ en: string } & Partial<Record<Language, string>>>

/** How the sign-in page shows a provider, after the provider's guideline. */
export interface Button {
  readonly light: Skin
  readonly dark: Skin
  /** An inline SVG without a size; null where no logo may be passed on: the name's first letter stands in. */
  readonly mark: string | null
  /** Where it has none in a language, the page says it in its own words. */
  readonly labels: Labels
}
