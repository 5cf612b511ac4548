import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
} from 'playwright-core'
import { afterEach, beforeAll, beforeEach, inject } from 'vitest'
import { findChromium } from './chromium-server.ts'

/** What a test in a real browser stands on. */
export interface Chromium {
  /** A window of its own for this test: no cookies, no storage. */
  context: BrowserContext
  /** What the browser's pages complained of in this test. */
  complaints: string[]
  /** Opens another window that shares nothing with the first, until the test ends. */
  openWindow(options?: BrowserContextOptions): Promise<BrowserContext>
}

/** The browser has one clipboard for all its windows, and files run beside one another. */
const CLIPBOARD_OF_THE_PAGE = `{
  let copied = ''
  if (navigator.clipboard !== undefined) {
    navigator.clipboard.writeText = async (text) => { copied = text }
    navigator.clipboard.readText = async () => copied
  }
}`

/** The one browser of the run for the tests of a `describe`; without one they are skipped, with the reason. */
export function useChromium(options: BrowserContextOptions = {}): Chromium {
  const windows: BrowserContext[] = []
  let browser: Browser | undefined
  const chrome = {
    complaints: [] as string[],
    async openWindow(more) {
      if (browser === undefined) throw new Error('there is no browser')
      // A locale would stand before the languages of a header.
      const locale = more?.extraHTTPHeaders === undefined ? { locale: 'en-US' } : {}
      const context = await browser.newContext({ ...locale, ...options, ...more })
      windows.push(context)
      context.setDefaultTimeout(30_000)
      context.on('weberror', (error) => chrome.complaints.push(String(error.error())))
      await context.addInitScript(CLIPBOARD_OF_THE_PAGE)
      return context
    },
  } as Chromium
  beforeAll(async () => {
    if (findChromium() === null) return
    const answer = await fetch(inject('chromium'))
    const address = await answer.text()
    if (!answer.ok) throw new Error(`Chromium does not start: ${address}`)
    browser = await chromium.connect(address)
    return () => browser?.close()
  })
  beforeEach(async (test) => {
    if (browser === undefined) {
      return test.skip('needs Chromium: apt-get install chromium, or set CHROMIUM_PATH')
    }
    chrome.complaints = []
    chrome.context = await chrome.openWindow()
  })
  afterEach(() => Promise.all(windows.splice(0).map((context) => context.close())))
  return chrome
}
