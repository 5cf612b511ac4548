import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

// Pages as they were looked at last, one size and scheme each. No two machines have the same fonts, so
// that each word is drawn as a bar as long as its letters are many: then lines break alike everywhere.
// What is left, a pixel here and there, is what the tolerance is for.

const FOLDER = new URL('../pages/pictures/', import.meta.url)

/** Pixels of a square. */
const SQUARE = 8

/** How far the mean colours of two squares may be apart, of 441. */
const SAME_COLOUR = 60

/** The share of squares with something in them that may be elsewhere or otherwise. */
export const TOLERANCE = 0.02

/** The size in which pages are kept. */
const PICTURE_SIZE = { width: 390, height: 844 }

/** Draws words as bars, in the page. */
const WORDS_AS_BARS = `{
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const nodes = []
  while (texts.nextNode()) nodes.push(texts.currentNode)
  for (const node of nodes) {
    const isSeen = !['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(node.parentElement.tagName)
    if (!isSeen || node.data.trim() === '') continue
    const parts = node.data.split(/(\\s+)/).map((word) => {
      // A space is as wide as its font has it: the bar brings its own.
      if (word.trim() === '') return document.createElement('wbr')
      const bar = document.createElement('span')
      const letters = [...word].reduce((sum, letter) => sum + (letter > '\\u2e80' ? 1 : 0.5), 0)
      Object.assign(bar.style, {
        display: 'inline-block', verticalAlign: 'top', maxWidth: '100%', height: '.7em',
        margin: '.3em .25em 0 0', background: 'currentColor', width: letters + 'em',
      })
      return bar
    })
    node.replaceWith(...parts)
  }
}`

/** A picture of a page, which is not to be used any more. */
export async function picture(page: Page): Promise<Buffer> {
  await page.setViewportSize(PICTURE_SIZE)
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.evaluate('document.activeElement?.blur()')
  await page.evaluate(WORDS_AS_BARS)
  await page.evaluate('scrollTo(0, 0)')
  return page.screenshot()
}

/**
 * The share of what is in two pictures that is not in the other at that place or in the next square.
 * The browser itself reads them.
 */
export function differenceOf(page: Page, one: Buffer, other: Buffer): Promise<number> {
  return page.evaluate(
    async ({ pictures, size, limit }) => {
      type Squares = { columns: number; means: number[][]; isInk: boolean[] }
      const distance = (a: number[] = [], b: number[] = []) =>
        Math.hypot(...a.map((part, place) => part - (b[place] ?? 0)))
      const read = async (base64: string): Promise<Squares> => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
        const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
        const [columns, rows] = [bitmap.width, bitmap.height].map((side) => Math.floor(side / size))
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
        const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D
        context.drawImage(bitmap, 0, 0)
        const means: number[][] = []
        const isInk: boolean[] = []
        for (let y = 0; y < (rows ?? 0); y++) {
          for (let x = 0; x < (columns ?? 0); x++) {
            const { data } = context.getImageData(x * size, y * size, size, size)
            const sums = [0, 0, 0]
            for (let at = 0; at < data.length; at += 4) {
              for (let part = 0; part < 3; part++)
                sums[part] = (sums[part] ?? 0) + (data[at + part] ?? 0)
            }
            const mean = sums.map((sum) => sum / (size * size))
            means.push(mean)
            isInk.push(distance(mean, [255, 255, 255]) > 35)
          }
        }
        return { columns: columns ?? 0, means, isInk }
      }
      const missing = (from: Squares, to: Squares) =>
        from.means.filter((mean, at) => {
          if (!from.isInk[at]) return false
          const near = [-1, 0, 1].flatMap((down) =>
            [-1, 0, 1].map((right) => to.means[at + down * from.columns + right]),
          )
          return near.every((one) => one === undefined || distance(mean, one) > limit)
        }).length
      const [a, b] = await Promise.all(pictures.map(read))
      if (a === undefined || b === undefined) throw new Error('two pictures are compared')
      const inks = [...a.isInk, ...b.isInk].filter(Boolean).length
      return (missing(a, b) + missing(b, a)) / inks
    },
    {
      pictures: [one, other].map((bytes) => bytes.toString('base64')),
      size: SQUARE,
      limit: SAME_COLOUR,
    },
  )
}

/**
 * Fails where a page no longer looks as it was kept, by more than fonts do. With PICTURES=keep in the
 * environment it is kept as it is now: look at it before it is committed.
 */
export async function expectAsKept(page: Page, name: string): Promise<void> {
  const path = new URL(`${name}.png`, FOLDER)
  const now = await picture(page)
  if (process.env.PICTURES === 'keep') {
    mkdirSync(dirname(path.pathname), { recursive: true })
    writeFileSync(path, now)
  }
  const difference = await differenceOf(page, readFileSync(path), now)
  expect(difference, `${name} looks otherwise; PICTURES=keep keeps it`).toBeLessThan(TOLERANCE)
}
