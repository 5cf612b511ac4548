import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { CHALLENGE, VERIFIER } from './apps.ts'
import type { Latchkey } from './latchkey.ts'
import { type Site, startSite } from './site.ts'

// It says what it was sent in its address, and keeps what a popup posts to it.
const PAGE = `<!doctype html><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><h1></h1><script>
const query = new URLSearchParams(location.search)
document.querySelector('h1').textContent = query.has('code') ? 'signed in' : query.get('error') ?? 'home'
addEventListener('message', ({ origin, data }) => { window.got = { origin, data } })
</script>`

/** An app with a page of its own: the public client `shop`. */
export interface Shop extends Site {
  /** Its redirect URI. */
  callback: string
  /** The settings that register it. */
  settings: Readonly<Record<string, string>>
  /** The query of its authorization request, changed. */
  asks(changes?: Record<string, string>): string
  /** Waits until a page is back at the shop, and redeems the code that it was sent. */
  redeem(page: Page, latchkey: Latchkey, state?: string): Promise<void>
}

const STATE = 'state-of-the-shop'

/** Opens the shop. */
export async function startShop(): Promise<Shop> {
  const site = await startSite({ '/index.html': () => PAGE })
  const callback = `${site.origin}/cb`
  return {
    ...site,
    callback,
    settings: {
      CLIENTS: 'shop',
      CLIENT_SHOP_NAME: 'Shop & <b>Söhne</b>',
      CLIENT_SHOP_REDIRECT_URIS: callback,
    },
    asks: (changes = {}) =>
      `?${new URLSearchParams({
        client_id: 'shop',
        redirect_uri: callback,
        state: STATE,
        code_challenge: CHALLENGE,
        code_challenge_method: 'S256',
        ...changes,
      })}`,
    async redeem(page, latchkey, state = STATE) {
      await page.waitForURL((url) => url.href.startsWith(callback))
      const { searchParams } = new URL(page.url())
      expect(searchParams.get('state')).toBe(state)
      const answer = await fetch(`${latchkey.url}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: 'shop',
          redirect_uri: callback,
          code: searchParams.get('code') ?? '',
          code_verifier: VERIFIER,
        }),
      })
      expect(answer.status).toBe(200)
    },
  }
}
