import { createHash } from 'node:crypto'
import type { Rgb } from './color.ts'

/** Bytes of a logo, at most. */
export const MAX_LOGO_BYTES = 256 * 1024

/** The logo as it is served. */
export interface Logo {
  bytes: Buffer
  type: string
  /** Changes with the bytes. */
  version: string
  /** Whether the image itself has colours for a dark page. */
  isForDarkToo: boolean
}

/** Whose sign-in pages these are; null where nobody said. */
export interface Brand {
  name: string | null
  logo: Logo | null
  /** Under the white text of buttons. */
  color: Rgb | null
  termsUrl: string | null
  privacyUrl: string | null
}

/** A logo from its file; null where its bytes are none of the kinds of image that are served. */
export function readLogo(bytes: Buffer): Logo | null {
  const svg = svgOf(bytes)
  const type = svg === null ? pictureTypeOf(bytes) : 'image/svg+xml'
  if (type === null) return null
  const version = createHash('sha256').update(bytes).digest('base64url').slice(0, 16)
  return { bytes, type, version, isForDarkToo: svg?.includes('prefers-color-scheme') ?? false }
}

function pictureTypeOf(bytes: Buffer): string | null {
  const begins = bytes.toString('latin1', 0, 16)
  if (begins.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (begins.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  return /^RIFF.{4}WEBP/s.test(begins) ? 'image/webp' : null
}

/** What may stand before the first element of an XML document. */
const BEFORE = /^\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>[]*(?:\[[^\]]*\]\s*)?>)/s

/** The text of an SVG, whose first element is `svg`. */
function svgOf(bytes: Buffer): string | null {
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  let rest = text
  for (let found = BEFORE.exec(rest); found !== null; found = BEFORE.exec(rest)) {
    rest = rest.slice(found[0].length)
  }
  return /^\s*<svg[\s/>]/.test(rest) ? text : null
}
