import { expect } from 'vitest'
import type { Answer, Browser } from './browser.ts'

/**
 * What a person's browser does with an authorization URL: it goes through Latchkey and the provider
 * until it is sent to the app. Gives the URL at the app, which is not requested.
 */
export async function walkToApp(
  browser: Browser,
  authorization: URL | string,
  redirectUri: string,
): Promise<URL> {
  let answer = await browser.send(authorization)
  for (let hops = 0; hops < 10; hops++) {
    const { location } = answer
    if (location === null) throw new Error(`no way on: ${answer.status} ${answer.text}`)
    if (location.href.startsWith(redirectUri)) return location
    answer = await browser.send(location)
  }
  throw new Error('redirects without an end')
}

/** Where a page's link of this text leads to. */
export function linkOf(page: Answer, url: URL, text: string): URL {
  const links = [...page.text.matchAll(/<a [^>]*href="([^"]+)"[^>]*>(.*?)<\/a>/gs)]
  const link = links.find(([, , label]) => label?.includes(text))
  if (link === undefined) throw new Error(`no link ${text} on the page: ${page.text}`)
  return new URL((link[1] ?? '').replaceAll('&amp;', '&'), url)
}

/** A request that Latchkey refuses where it stands: a problem, and no way to anywhere. */
export async function expectRefusedHere(browser: Browser, url: URL, detail: string): Promise<void> {
  const { status, location, text, json } = await browser.send(url)
  expect({ status, location, text }).toMatchObject({ status: 400, location: null })
  expect(json()).toMatchObject({ code: 'invalid_request' })
  expect(json().detail).toContain(detail)
}

/** What a promise is rejected with; fails where it is not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return promise.then(
    (value) => {
      throw new Error(`was not rejected: ${JSON.stringify(value)}`)
    },
    (error) => error,
  )
}
