import type { ProviderRow } from '../../core/provider.ts'
import { type Finding, warning, wrong } from './findings.ts'
import type { DoctorTexts } from './texts.ts'

/** What ids look like where the provider's console always makes them so. */
const ID_SHAPES: Readonly<Record<string, { shape: RegExp; words: string }>> = {
  google: {
    shape: /^[\w-]+\.apps\.googleusercontent\.com$/,
    words: '….apps.googleusercontent.com',
  },
  kakao: { shape: /^[0-9a-f]{32}$/, words: '32 × 0-9a-f (REST API key)' },
  facebook: { shape: /^\d{5,20}$/, words: '1234567890123456' },
  line: { shape: /^\d{5,20}$/, words: '1234567890' },
  discord: { shape: /^\d{15,22}$/, words: '123456789012345678' },
  microsoft: {
    shape: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    words: '00000000-0000-0000-0000-000000000000',
  },
}

/** What secrets look like; an id of this form stands in the wrong place. */
const SECRET_SHAPES: Readonly<Record<string, RegExp>> = {
  google: /^GOCSPX-/,
  github: /^[0-9a-f]{40}$/,
}

const PLACEHOLDER = /^(x{3,}|\.{3}|…|your[-_ ].*|<.*>|change[-_]?me|todo|example|placeholder)$/i

const COMMON = [
  'CLIENT_ID',
  'CLIENT_SECRET',
  'SCOPES',
  'NATIVE_CLIENT_IDS',
  'PKCE',
  'ISSUER',
  'NAME',
]

/** What can be said of a provider's values without asking anybody. No value is ever repeated. */
export function checkValues(
  row: ProviderRow,
  env: Readonly<Record<string, string | undefined>>,
  words: DoctorTexts,
): Finding[] {
  const prefix = `${row.id.toUpperCase().replaceAll('-', '_')}_`
  const names = { id: `${prefix}CLIENT_ID`, secret: `${prefix}CLIENT_SECRET` }
  const id = env[names.id]?.trim() ?? ''
  const secret = env[names.secret]?.trim() ?? ''
  const found: Finding[] = []
  for (const name of [names.id, names.secret]) {
    const value = env[name]?.trim() ?? ''
    if (/^(["'`]).*\1$/s.test(value)) found.push(wrong(words.quoted(name)))
    else if (PLACEHOLDER.test(value)) found.push(wrong(words.placeholder(name)))
    else if (/\s/.test(value)) found.push(wrong(words.blank(name)))
  }
  if (found.length === 0 && id !== '') {
    const shape = ID_SHAPES[row.id]
    const isSecret = SECRET_SHAPES[row.id]?.test(id) ?? false
    if (id === secret) found.push(wrong(words.same(names.id, names.secret)))
    else if (isSecret || (shape !== undefined && !shape.shape.test(id) && shape.shape.test(secret)))
      found.push(wrong(words.swapped(names.id, names.secret)))
    else if (shape !== undefined && !shape.shape.test(id))
      found.push(warning(words.shape(names.id, shape.words)))
    const natives = (env[`${prefix}NATIVE_CLIENT_IDS`] ?? '').split(',').map((one) => one.trim())
    if (natives.includes(id) && shape?.words.includes('REST')) {
      found.push(wrong(words.nativeKey(names.id)))
    }
  }
  const known = [...COMMON, ...Object.keys(row.settings)].map((name) => prefix + name)
  for (const given of Object.keys(env).filter((name) => name.startsWith(prefix))) {
    const meant = known.includes(given) ? undefined : known.find((name) => isTypo(given, name))
    if (meant !== undefined) found.push(warning(words.typo(given, meant)))
  }
  return found
}

/** The same letters in another order, or without the underscores. */
function isTypo(given: string, known: string): boolean {
  const letters = (text: string) => [...text.replaceAll('_', '')].sort().join('')
  return letters(given) === letters(known)
}
