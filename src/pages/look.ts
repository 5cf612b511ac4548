import type { Brand, Logo } from '../core/pages/brand.ts'
import { hexOf, lightened, type Rgb } from '../core/pages/color.ts'
import type { Language } from '../core/pages/language.ts'
import { pathOf } from '../core/settings/public-url.ts'
import { texts } from '../texts/index.ts'
import { type Html, html, lines } from './html.ts'

/** How all pages for people look: made once from the operator's brand. */
export interface Look {
  /** Style that is added to that of all pages; null if there is no brand. */
  style: string | null
  /** Whether the pages load an image of ours. */
  hasImage: boolean
  /** What is above the heading. */
  header: Html | null
  /** Links to the terms and the privacy policy. */
  footer: (language: Language) => Html | null
  /** The window's title, for a page with this heading. */
  titleOf: (heading: string) => string
}

/** The background of a page's card in dark colours, on which links must be visible. */
const DARK_CARD: Rgb = [0x16, 0x1b, 0x22]

const HEADER_STYLE = `
.brand { display: flex; justify-content: center; margin: 0 0 1.25rem; font-size: 1.125rem; font-weight: 700; text-align: center }
.brand img { display: block; box-sizing: content-box; height: 3rem; max-width: 100%; object-fit: contain }
`
const FOOTER_STYLE = `
.legal { display: flex; flex-wrap: wrap; justify-content: center; gap: 0 1.25rem; margin: 1.25rem 0 -.75rem }
.legal a { display: grid; align-items: center; min-height: 2.75rem; color: inherit }
`
// A dark logo cannot be seen on a dark card.
const LOGO_IN_THE_DARK = `@media (prefers-color-scheme: dark) {
  .brand img { padding: .5rem .75rem; border-radius: .5rem; background: #ffffff; forced-color-adjust: none }
}
`

/** The path of a logo; another logo has another path. */
export const logoPath = ({ version }: Pick<Logo, 'version'>): string => `/brand/logo/${version}`

/** Makes the look from a brand, for pages below PUBLIC_URL. */
export function createLook(brand: Brand, publicUrl: string): Look {
  const { name, logo, color, termsUrl, privacyUrl } = brand
  const hasFooter = termsUrl !== null || privacyUrl !== null
  const style = [
    name === null && logo === null ? '' : HEADER_STYLE,
    logo === null || logo.isForDarkToo ? '' : LOGO_IN_THE_DARK,
    hasFooter ? FOOTER_STYLE : '',
    color === null ? '' : colorStyle(color),
  ].join('')
  return {
    style: style === '' ? null : style,
    hasImage: logo !== null,
    header: headerOf(brand, pathOf(publicUrl)),
    footer(language) {
      const { terms, privacy } = texts[language].brand
      if (!hasFooter) return null
      const links = lines([
        termsUrl === null ? null : html`<a href="${termsUrl}">${terms}</a>`,
        privacyUrl === null ? null : html`<a href="${privacyUrl}">${privacy}</a>`,
      ])
      return html`<p class="legal quiet">\n${links}\n</p>`
    },
    titleOf: (heading) => (name === null ? heading : `${heading} · ${name}`),
  }
}

function headerOf({ name, logo }: Brand, path: string): Html | null {
  if (logo !== null) {
    return html`<p class="brand"><img src="${path}${logoPath(logo)}" alt="${name ?? ''}"></p>`
  }
  return name === null ? null : html`<p class="brand">${name}</p>`
}

/**
 * Buttons are white on the colour in both schemes; links and focus rings have the colour, lightened
 * on a dark page.
 */
function colorStyle(color: Rgb): string {
  const button = `--button: ${hexOf(color)}; --button-text: #ffffff`
  const onDark = hexOf(lightened(color, DARK_CARD, 4.5))
  return `:root { --accent: ${hexOf(color)}; ${button} }
@media (prefers-color-scheme: dark) { :root { --accent: ${onDark}; ${button} } }
`
}
