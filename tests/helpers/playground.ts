import type { Page } from 'playwright-core'
import { beforeEach, expect } from 'vitest'
import { type Chromium, useChromium } from './chromium.ts'
import type { Latchkey } from './latchkey.ts'

/** What a person chooses on the playground; the provider's own page is passed by a hint. */
export interface Choice {
  provider?: string
  how?: 'Redirect' | 'Popup' | 'Cookie'
  as?: string
  idToken?: boolean
}

/** The session of a tab, as the page keeps it. */
export interface Held {
  tokens: { access_token: string; refresh_token: string; id_token?: string } | null
}

/** The playground in a real browser, as a person with English pages uses it. */
export interface Playground extends Chromium {
  /** Every request that the browser made in this test. */
  requests: string[]
  open(url?: string): Promise<Page>
  choose(page: Page, choice: Choice): Promise<void>
  /** Presses the button that starts the login. */
  start(page: Page): Promise<void>
  signedIn(page: Page): Promise<void>
  /** A whole login, as Minji unless another is chosen. */
  signIn(page: Page, choice?: Choice): Promise<void>
  held(page: Page): Promise<Held>
  /** What the copy button of a snippet gives. */
  copy(page: Page, title: string, label?: string): Promise<string>
}

/** Opens playgrounds for the tests of a `describe`. */
export function usePlayground(latchkey: () => Latchkey): Playground {
  const chrome = useChromium()
  const playground: Playground = Object.assign(chrome, {
    requests: [] as string[],
    async open(url = latchkey().url) {
      const page = await chrome.context.newPage()
      await page.goto(url)
      await page.getByRole('button', { name: /^Sign in with/ }).waitFor()
      return page
    },
    async choose(page: Page, { provider = 'Kakao', how, as, idToken }: Choice) {
      const radio = page.getByRole('radio', { name: provider, includeHidden: true })
      // Most providers are folded away.
      if (!(await radio.isVisible())) await page.locator('#more-provider summary').click()
      await radio.check()
      if (how !== undefined) await page.getByRole('radio', { name: how }).check()
      if (as !== undefined) await page.getByLabel('Sign in as').selectOption(as)
      if (idToken !== undefined) {
        await page.getByLabel('Also ask for an ID token').setChecked(idToken)
      }
    },
    start: (page: Page) => page.getByRole('button', { name: /^Sign in with/ }).click(),
    signedIn: (page: Page) => page.getByRole('heading', { name: 'Signed in' }).waitFor(),
    async signIn(page: Page, choice: Choice = {}) {
      await playground.choose(page, { as: 'minji', ...choice })
      await playground.start(page)
      await playground.signedIn(page)
    },
    held: (page: Page) =>
      page.evaluate<Held>("JSON.parse(sessionStorage.getItem('playground signed in'))"),
    async copy(page: Page, title: string, label?: string) {
      const figure = page.locator('figure').filter({
        has: page.locator('figcaption').getByText(title, { exact: false }),
      })
      expect(await figure.count(), title).toBe(1)
      if (label !== undefined) {
        await figure.getByRole('button', { name: label, exact: true }).click()
      }
      await figure.getByRole('button', { name: /^Cop/ }).click()
      await figure.getByText('Copied').waitFor()
      return page.evaluate<string>('navigator.clipboard.readText()')
    },
  })
  beforeEach(() => {
    playground.requests = []
    chrome.context?.on('request', (request) => playground.requests.push(request.url()))
    chrome.context?.on('console', (message) => {
      if (message.type() === 'error') chrome.complaints.push(message.text())
    })
  })
  return playground
}
