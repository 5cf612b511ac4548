import { describe, expect, test } from 'vitest'
import { ERRORS } from '../../src/http/errors/error-table.ts'
import { expectNoBarriers } from '../helpers/accessibility.ts'
import { Browser } from '../helpers/browser.ts'
import { useChromium } from '../helpers/chromium.ts'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({})

test('the type of a problem leads to the place where its code is explained', async () => {
  const problem = await new Browser().send(`${latchkey.url}/nowhere`)
  const { type } = problem.json()
  expect(type).toBe(`${latchkey.url}/docs/errors#not_found`)
  const page = await new Browser().send(String(type))
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.text).toContain('id="not_found"')
})

test('every code has its place there, once', async () => {
  const { text } = await new Browser().send(`${latchkey.url}/docs/errors`)
  const places = [...text.matchAll(/ id="([a-z_]+)"/g)].map(([, id]) => id)
  expect(places).toEqual(Object.keys(ERRORS))
})

describe('the page of errors in Chromium', () => {
  const chrome = useChromium()

  test('fits a small phone and keeps nobody out', async () => {
    const page = await chrome.context.newPage()
    await page.goto(`${latchkey.url}/docs/errors`)
    await expectNoBarriers(page)
  })
})
