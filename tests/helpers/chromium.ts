import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
} from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { findProgram, isExecutable } from './programs.ts'

const DEBIANS = '/usr/bin/chromium'
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * The browser of this machine: CHROMIUM_PATH, Debian's place, or one of the usual names in PATH; null
 * where there is none. Throws where CHROMIUM_PATH names something that cannot be run.
 */
export function findChromium(): string | null {
  const { CHROMIUM_PATH: named } = process.env
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named
    throw new Error(`CHROMIUM_PATH is ${named}, which cannot be run`)
  }
  if (isExecutable(DEBIANS)) return DEBIANS
  return findProgram(...NAMES)
}

/** What a test in a real browser stands on. */
export interface Chromium {
  /** A window of its own for this test: no cookies, no storage. */
  context: BrowserContext
  /** What the browser's pages complained of in this test. */
  complaints: string[]
}

/** One browser for the tests of a `describe`; without one they are skipped, with the reason. */
export function useChromium(options: BrowserContextOptions = {}): Chromium {
  const chrome = { complaints: [] as string[] } as Chromium
  const path = findChromium()
  let browser: Browser | undefined
  beforeAll(async () => {
    // Its user data folder is new and empty, and removed at the end.
    if (path !== null) browser = await chromium.launch({ executablePath: path, args: FLAGS })
  })
  beforeEach(async (test) => {
    if (browser === undefined) {
      return test.skip('needs Chromium: apt-get install chromium, or set CHROMIUM_PATH')
    }
    chrome.complaints = []
    chrome.context = await browser.newContext({ locale: 'en-US', ...options })
    chrome.context.setDefaultTimeout(10_000)
    chrome.context.on('weberror', (error) => chrome.complaints.push(String(error.error())))
  })
  afterEach(() => chrome.context?.close())
  afterAll(() => browser?.close())
  return chrome
}
