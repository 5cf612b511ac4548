/** Colours of a button, as CSS writes them. */
export interface Skin {
  readonly background: string
  readonly color: string
  readonly border: string
}

/** The words of a button by language. */
export interface Labels {
  readonly en: string
  readonly ko: string
  readonly ja: string
}

/** How the sign-in page shows a provider, after the provider's guideline. */
export interface Button {
  readonly light: Skin
  readonly dark: Skin
  /** An inline SVG without a size; null where no logo may be passed on: the name's first letter stands in. */
  readonly mark: string | null
  readonly labels: Labels
}
