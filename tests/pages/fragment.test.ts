import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useChromium } from '../helpers/chromium.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { type Shop, startShop } from '../helpers/shop.ts'

let shop: Shop
let latchkey: Latchkey

beforeAll(async () => {
  shop = await startShop()
  latchkey = await startLatchkey({ EMULATE: 'facebook,google', ...shop.settings })
})
afterAll(async () => {
  await latchkey.close()
  await shop.close()
})

describe('the address of the app, after a login', () => {
  const chrome = useChromium()

  test.each([
    ['facebook', 'minji'],
    ['facebook', '!denied'],
    ['google', 'minji'],
  ])('at %s as %s, has nothing of the fragment that came with the callback', async (id, hint) => {
    const page = await chrome.context.newPage()
    const callbacks: string[] = []
    page.on('response', (response) => {
      const { location = '' } = response.headers()
      if (location.includes('/callback?')) callbacks.push(new URL(location).hash)
    })
    await page.goto(`${latchkey.url}/login/${id}${shop.asks({ login_hint: hint })}`)
    await page.waitForURL((url) => url.origin === shop.origin)
    // Facebook's has one, which a browser carries through redirects that have none.
    expect(callbacks).toEqual([id === 'facebook' ? '#_=_' : ''])
    expect(await page.evaluate('location.hash')).toBe('')
    const { searchParams } = new URL(page.url())
    expect(searchParams.has(hint === 'minji' ? 'code' : 'error')).toBe(true)
  })
})
