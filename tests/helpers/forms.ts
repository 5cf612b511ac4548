import type { Answer, Browser } from './browser.ts'

/** A navigation that follows redirects and sends self-submitting forms on, as a browser with scripts does. */
export async function followForms(browser: Browser, url: string): Promise<Answer> {
  let answer = await browser.follow(url)
  for (let hops = 0; hops < 3; hops++) {
    const form = /<form[^>]*\bmethod="post"[^>]*>/i.exec(answer.text)
    const action = /\baction="([^"]*)"/.exec(form?.[0] ?? '')?.[1]
    if (answer.status !== 200 || !form || !action || action.startsWith('/')) return answer
    const fields = new URLSearchParams()
    for (const [input] of answer.text.slice(form.index).matchAll(/<input[^>]*>/g)) {
      const name = /\bname="([^"]*)"/.exec(input)?.[1]
      const value = /\bvalue="([^"]*)"/.exec(input)?.[1] ?? ''
      if (name) fields.set(decode(name), decode(value))
    }
    const target = decode(action)
    // A cross-site POST brings no SameSite=Lax cookie.
    const posted = await browser.send(target, {
      method: 'POST',
      body: fields,
      headers: { cookie: 'none=1' },
    })
    answer = posted.location === null ? posted : await browser.follow(posted.location)
  }
  return answer
}

const decode = (text: string) =>
  text
    .replaceAll('&quot;', '"')
    .replace(/&#(\d+);/g, (_, point: string) => String.fromCodePoint(Number(point)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
