import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type BrowserServer, chromium } from 'playwright-core'
import { findProgram, isExecutable } from './programs.ts'

/** The shell without a window costs half of what the browser does for the same pages. */
const DEBIANS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium']
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
 * The browser of this machine: CHROMIUM_PATH, Debian's places, or one of the usual names in PATH; null
 * where there is none. Throws where CHROMIUM_PATH names something that cannot be run.
 */
export function findChromium(): string | null {
  const { CHROMIUM_PATH: named } = process.env
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named
    throw new Error(`CHROMIUM_PATH is ${named}, which cannot be run`)
  }
  return DEBIANS.find(isExecutable) ?? findProgram(...NAMES)
}

/** One Chromium for all files of a test run: `GET url` gives the address to connect to. */
export interface OfferedChromium {
  url: string
  close(): Promise<void>
}

/** Offers it on loopback; it starts when the first file asks, and again where it has ended. */
export async function offerChromium(): Promise<OfferedChromium> {
  let running: Promise<BrowserServer> | undefined
  const launch = async () => {
    // Its user data folder is new and empty, and removed at the end.
    const executablePath = findChromium() ?? ''
    const started = await chromium.launchServer({ executablePath, args: FLAGS, host: '127.0.0.1' })
    started.once('close', () => {
      running = undefined
    })
    return started
  }
  const door = createServer((_request, response) => {
    running ??= launch()
    running.then(
      (browser) => response.end(browser.wsEndpoint()),
      (error) => response.writeHead(500).end(String(error)),
    )
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  const { port } = door.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      door.close()
      await (await running?.catch(() => undefined))?.close()
    },
  }
}
