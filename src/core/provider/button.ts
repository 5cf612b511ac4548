import type { Language } from '../pages/language.ts'

/** Colours of a button, as CSS writes them. */
export interface Skin {
  readonly background: string
  readonly color: string
  readonly border: string
}

/** A text that a provider's guideline, or an app, gives in some languages. */
export type Labels = Readonly<{ en: string } & Partial<Record<Language, string>>>

/** How the sign-in page shows a provider, according to the provider's guideline. */
export interface Button {
  readonly light: Skin
  readonly dark: Skin
  /**
   * An inline SVG without a size; null where the logo may not be distributed: the name's first
   * letter takes its place.
   */
  readonly mark: string | null
  /** For languages that are missing here, the page has its own words. */
  readonly labels: Labels
}
