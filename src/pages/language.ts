/** Languages that the pages speak; the first is the fallback. */
export const LANGUAGES = ['en', 'ko', 'ja'] as const
export type Language = (typeof LANGUAGES)[number]

/** The best language for `ui_locales` (space separated, first) and Accept-Language (by its q). */
export function pickLanguage(uiLocales: string | undefined, acceptLanguage: string | undefined) {
  const accepted = (acceptLanguage ?? '')
    .slice(0, 500)
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range.trim().split(';')
      const q = parameters.map((text) => /^\s*q=([\d.]+)\s*$/.exec(text)?.[1]).find(Boolean)
      return { tag, q: q === undefined ? 1 : Number(q) }
    })
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q)
    .map(({ tag }) => tag)
  for (const tag of [...(uiLocales?.split(' ') ?? []), ...accepted]) {
    const primary = tag.toLowerCase().split('-')[0]
    const language = LANGUAGES.find((one) => one === primary)
    if (language !== undefined) return language
  }
  return LANGUAGES[0]
}
