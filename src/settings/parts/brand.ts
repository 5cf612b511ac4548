import { readFileSync, statSync } from 'node:fs'
import { type Brand, type Logo, MAX_LOGO_BYTES, readLogo } from '../../core/pages/brand.ts'
import { contrastOf, parseHexColor, type Rgb, WHITE } from '../../core/pages/color.ts'
import { isLoopbackHost } from '../../core/settings/urls.ts'
import { shownName } from '../../core/text.ts'
import type { Reader } from '../reader.ts'

/** The contrast that white text on a button needs (WCAG 2.2, 1.4.3). */
const MIN_CONTRAST = 4.5

/** BRAND_NAME, BRAND_LOGO, BRAND_COLOR, TERMS_URL and PRIVACY_URL. */
export const readBrand = (reader: Reader): Brand => ({
  name: shownName(reader.text('BRAND_NAME')),
  logo: readLogoFile(reader),
  color: readColor(reader),
  termsUrl: readLink(reader, 'TERMS_URL'),
  privacyUrl: readLink(reader, 'PRIVACY_URL'),
})

function readLogoFile(reader: Reader): Logo | null {
  const path = reader.text('BRAND_LOGO')
  if (path === undefined) return null
  const bytes = readSmallFile(path)
  const logo = Buffer.isBuffer(bytes) ? readLogo(bytes) : null
  if (typeof bytes === 'string') reader.refuse('brandLogoUnread', path, bytes)
  else if (typeof bytes === 'number') reader.refuse('brandLogoLarge', path, bytes)
  else if (logo === null) reader.refuse('brandLogoType', path)
  return logo
}

/** The bytes of a file; its size in KiB if it is too large; or the reason why it cannot be read. */
function readSmallFile(path: string): Buffer | number | string {
  try {
    const file = statSync(path)
    // A pipe or a device might never end.
    if (!file.isFile()) return 'not a file'
    return file.size > MAX_LOGO_BYTES ? Math.ceil(file.size / 1024) : readFileSync(path)
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

function readColor(reader: Reader): Rgb | null {
  const text = reader.text('BRAND_COLOR')
  if (text === undefined) return null
  const color = parseHexColor(text)
  if (color === null) {
    reader.refuse('brandColor')
    return null
  }
  const contrast = contrastOf(color, WHITE)
  // Rounded down, so that an insufficient contrast never looks sufficient.
  const shown = (Math.floor(contrast * 100) / 100).toFixed(2)
  if (contrast < MIN_CONTRAST) reader.refuse('brandContrast', shown)
  return color
}

function readLink(reader: Reader, name: string): string | null {
  const text = reader.text(name)
  if (text === undefined) return null
  const url = URL.canParse(text) ? new URL(text) : null
  const isGood =
    url !== null &&
    !url.username &&
    !url.password &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname)))
  if (!isGood) reader.refuse('clientUrl', name)
  return isGood ? url.href : null
}
