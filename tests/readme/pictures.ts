/**
 * Takes the pictures of the README from the real pages, into `docs/`: `npm run build`, then
 * `npx tsx tests/readme/pictures.ts`. Needs Chromium (CHROMIUM_PATH, or Debian's place), fonts for Korean
 * and Japanese, and the port 3000.
 */
import { chromium } from 'playwright-core'
import { newFolder, startServerProcess } from '../helpers/server-process.ts'

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const folder = await newFolder()
const latchkey = startServerProcess({}, { cwd: folder.path, port: 3000 })
await latchkey.serving
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
try {
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: { width: 460, height: 620 },
  })
  const page = await context.newPage()
  await page.goto(latchkey.url)
  await page.getByRole('button', { name: /^Sign in with/ }).click()
  await page.locator('main form button').first().click()
  const card = page.getByRole('heading', { name: 'Signed in' })
  await card.waitFor()
  await page.getByRole('button', { name: 'Close' }).click()
  await card.evaluate((heading) => window.scrollTo(0, heading.getBoundingClientRect().top - 40))
  await page.screenshot({ path: 'docs/playground.png' })
  await page.goto(`${latchkey.url}/login`)
  await page.screenshot({ path: 'docs/sign-in.png' })
} finally {
  await browser.close()
  await latchkey.stop()
  await folder.remove()
}
