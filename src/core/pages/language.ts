/** Languages of the pages, as BCP 47 tags; the first is the fallback. */
export const LANGUAGES = ['en', 'ko', 'ja', 'zh-Hant', 'es'] as const
export type Language = (typeof LANGUAGES)[number]

/**
 * The best language for `ui_locales` (space separated, which comes first) and Accept-Language (by
 * its q).
 */
export function pickLanguage(
  uiLocales: string | undefined,
  acceptLanguage: string | undefined,
): Language {
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
  for (const tag of [...(uiLocales?.slice(0, 500).split(' ') ?? []), ...accepted]) {
    const language = languageOf(tag)
    if (language !== undefined) return language
  }
  return LANGUAGES[0]
}

/** How many characters of `ui_locales` are kept and passed on. */
const MOST_LOCALES = 64

/**
 * The usable part of `ui_locales`, in its order; undefined where there is none. Languages that the
 * pages do not have are no error (OpenID Connect Core, section 3.1.2.1), nor is anything that is
 * not a language tag.
 */
export function usableLocales(asked: unknown): string | undefined {
  const text = typeof asked === 'string' ? asked : ''
  const tags = text.slice(0, 500).replaceAll('_', '-').split(/\s+/)
  let kept = ''
  for (const tag of tags.filter((one) => /^[a-z0-9]{1,8}(-[a-z0-9]{1,8})*$/i.test(one))) {
    const longer = `${kept} ${tag}`.trimStart()
    if (longer.length <= MOST_LOCALES) kept = longer
  }
  return kept || undefined
}

/** Taiwan and Hong Kong write Traditional Chinese without saying so: zh-TW is zh-Hant. */
function languageOf(tag: string): Language | undefined {
  const locale = localeOf(tag)
  if (locale === undefined) return undefined
  const withScript = `${locale.language}-${locale.script}`
  return LANGUAGES.find((one) => one === locale.language || one === withScript)
}

/** Undefined if it is not a language tag. */
function localeOf(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag.trim().replaceAll('_', '-')).maximize()
  } catch {
    return undefined
  }
}
