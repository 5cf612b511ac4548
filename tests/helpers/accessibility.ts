import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe-core finds against WCAG 2.2 AA on a page, one line for each element; or by some rules only. */
export async function findBarriers(page: Page, rules?: string[]): Promise<string[]> {
  // Evaluated by the debugger, so the page's content policy does not matter.
  await page.evaluate(AXE)
  return page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(options: unknown): Promise<{
          violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
        }>
      }
    }
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { violations } = await axe.run({
      ...(only === undefined
        ? { runOnly: { type: 'tag', values: tags }, rules: { 'target-size': { enabled: true } } }
        : { runOnly: { type: 'rule', values: only } }),
    })
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    )
  }, rules)
}

/** How far a page is wider than its window, in pixels. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const { document } = globalThis as unknown as {
      document: { documentElement: { scrollWidth: number; clientWidth: number } }
    }
    return document.documentElement.scrollWidth - document.documentElement.clientWidth
  })

const TOO_WIDE = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement
  const wide = (one) => one.checkVisibility() && one.getBoundingClientRect().right > clientWidth
  const all = scrollWidth > clientWidth ? [...document.querySelectorAll('*')].filter(wide) : []
  return all.map((one) => one.outerHTML.slice(0, 200))
})()`

/** What makes a page wider than its window. */
export const tooWide = (page: Page): Promise<string[]> => page.evaluate(TOO_WIDE)

/** Lists without marks, which WebKit takes for none unless they say what they are. */
const UNSAID_LISTS = `[...document.querySelectorAll('ul, ol')]
  .filter((one) => getComputedStyle(one).listStyleType === 'none' && one.getAttribute('role') !== 'list')
  .map((one) => one.outerHTML.slice(0, 200))`

const PHONE = { width: 320, height: 640 }

/**
 * Fails where a page keeps somebody out: one run of axe-core in light colours, the contrast alone in
 * dark ones, every list said, and nothing wider than a small phone. Once for each page of ours is enough.
 */
export async function expectNoBarriers(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  const barriers = await findBarriers(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  barriers.push(...(await findBarriers(page, ['color-contrast'])))
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
  barriers.push(...(await page.evaluate<string[]>(UNSAID_LISTS)))
  expect(barriers).toEqual([])
  await expectFitsPhone(page)
}

/** Fails where a page is wider than a small phone. */
export async function expectFitsPhone(page: Page): Promise<void> {
  const size = page.viewportSize()
  await page.setViewportSize(PHONE)
  expect(await tooWide(page)).toEqual([])
  if (size !== null) await page.setViewportSize(size)
}

/** With PICTURES=1 in the environment a picture of the page is left in `.artifacts`. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (process.env.PICTURES !== '1') return
  const path = `.artifacts/${name}.png`
  mkdirSync(dirname(path), { recursive: true })
  await page.screenshot({ path, fullPage: true })
}
