import { createHash } from 'node:crypto'
import type { Rgb } from './color.ts'

/** The most bytes that a logo may have. */
export const MAX_LOGO_BYTES = 256 * 1024

/** The logo as it is served. */
export interface Logo {
  bytes: Buffer
  type: string
  /** Changes when the bytes do. */
  version: string
  /** Whether the image itself has colours for a dark page. */
  isForDarkToo: boolean
}

/** Whose sign-in pages these are; what is not set is null. */
export interface Brand {
  name: string | null
  logo: Logo | null
  /** The background of buttons, whose text is white. */
  color: Rgb | null
  termsUrl: string | null
  privacyUrl: string | null
}

/** A logo from its file's bytes; null if they are not an image of a type that is served. */
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

/** What may come before the first element of an XML document. */
const BEFORE = /^\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>[]*(?:\[[^\]]*\]\s*)?>)/s

/** The text of an SVG (its first element is `svg`), else null. */
function svgOf(bytes: Buffer): string | null {
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  let rest = text
  for (let found = BEFORE.exec(rest); found !== null; found = BEFORE.exec(rest)) {
    rest = rest.slice(found[0].length)
  }
  return /^\s*<svg[\s/>]/.test(rest) ? text : null
}
