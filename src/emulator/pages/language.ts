import type { FastifyRequest } from 'fastify'
import { texts } from '../../texts/index.ts'
import { rawQuery } from '../http.ts'
import type { Words } from './words.ts'

/** A language and its texts. */
export interface Speaker {
  /** BCP 47 tag. */
  language: string
  words: Words
}

const speakers: readonly Speaker[] = Object.entries(texts).map(([language, { emulator }]) => ({
  language,
  words: emulator,
}))
const inEnglish: Speaker = { language: 'en', words: texts.en.emulator }

/** Who speaks to the visitor: by what the app asks for, then by the browser's languages, else English. */
export function speakerOf(request: FastifyRequest): Speaker {
  const query = new URLSearchParams(rawQuery(request))
  // Each provider has a name of its own for it.
  const asked = ['ui_locales', 'hl', 'locale', 'lang', 'mkt'].map((name) => query.get(name) ?? '')
  const accepted = (request.headers['accept-language'] ?? '').split(',').map((range) => {
    const [tag = '', q = 'q=1'] = range.split(';').map((part) => part.trim())
    return { tag, weight: Number(/^q=([\d.]+)$/.exec(q)?.[1] ?? 1) }
  })
  const wanted = accepted.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight)
  const tags = [...asked.flatMap((text) => text.split(' ')), ...wanted.map(({ tag }) => tag)]
  for (const tag of tags) {
    const names = namesOf(tag)
    const speaker = speakers.find(({ language }) => names.includes(language))
    if (speaker) return speaker
  }
  return inEnglish
}

/** The tag without its place: `ko` and `ko-Kore` of ko-KR, `zh` and `zh-Hant` of zh-TW; none where it is no tag. */
function namesOf(tag: string): string[] {
  try {
    const { language, script } = new Intl.Locale(tag.replaceAll('_', '-')).maximize()
    return [language, `${language}-${script}`]
  } catch {
    return []
  }
}
