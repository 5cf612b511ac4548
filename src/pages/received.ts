import type { FastifyReply, FastifyRequest } from 'fastify'
import { html } from './html.ts'
import { type Language, pickLanguage } from './language.ts'
import { renderPage, sendPage } from './page.ts'

const texts: Readonly<
  Record<Language, { title: string; text(provider: string, day: string): string }>
> = {
  en: {
    title: 'Your data was deleted',
    text: (provider, day) =>
      `${provider} passed on your request on ${day}. What ${provider} had told us about you is deleted, and you are signed out.`,
  },
  ko: {
    title: '데이터를 삭제했습니다',
    text: (provider, day) =>
      `${day}에 ${provider}에서 요청을 받았습니다. ${provider}에서 받은 정보를 삭제하고 로그아웃했습니다.`,
  },
  ja: {
    title: 'データを削除しました',
    text: (provider, day) =>
      `${day}に${provider}から依頼を受け取りました。${provider}から受け取った情報を削除し、ログアウトしました。`,
  },
}

/** The page of somebody who asked a provider to have data deleted here. */
export function sendReceivedPage(
  request: FastifyRequest,
  reply: FastifyReply,
  { provider, at }: { provider: string; at: Date },
): FastifyReply {
  const language = pickLanguage(undefined, request.headers['accept-language'])
  const words = texts[language]
  const day = at.toISOString().slice(0, 10)
  reply.header('cache-control', 'no-store')
  return sendPage(
    reply,
    renderPage(language, words.title, html`<p>${words.text(provider, day)}</p>`),
  )
}
