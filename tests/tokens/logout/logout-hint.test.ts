import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { APPS } from '../../helpers/apps.ts'
import { Browser } from '../../helpers/browser.ts'
import { cookieLogin } from '../../helpers/cookie-login.ts'
import type { FakeProvider } from '../../helpers/fake-provider.ts'
import { setStage } from '../../helpers/stage.ts'

const offerLogout = (provider: FakeProvider) => {
  provider.discovery = (document) => ({
    ...document,
    end_session_endpoint: `${provider.issuer}/end`,
  })
}
const people = (turn: number) => ({ name: `Person ${turn}` })

describe('at the provider’s own logout', () => {
  const kept = setStage({
    prepare: offerLogout,
    people,
    settings: { ...APPS, FAKE_STORE_TOKENS: 'on' },
  })
  const notKept = setStage({ prepare: offerLogout, people, settings: APPS })

  /** The query of the provider's logout, after a login and whatever is done in between. */
  async function signOut({ latchkey, provider }: typeof kept, between = async () => {}) {
    const browser = await cookieLogin(latchkey, provider)
    await between()
    const { location } = await browser.send(`${latchkey.url}/logout/fake`)
    return Object.fromEntries(location?.searchParams ?? [])
  }

  test('the ID token that it gave goes along where tokens are kept, the newest one', async () => {
    const { provider } = kept
    const sent = await signOut(kept)
    expect(decodeJwt(sent.id_token_hint ?? '')).toMatchObject({
      iss: provider.issuer,
      aud: provider.clientId,
      sub: provider.subject,
    })
    const again = await signOut(kept, async () => {
      await cookieLogin(kept.latchkey, provider)
    })
    expect(decodeJwt(again.id_token_hint ?? '').nonce).toBe(provider.nonce)
  })

  test('none goes along where none is kept, or where it is too long for an address', async () => {
    expect(await signOut(notKept)).not.toHaveProperty('id_token_hint')
    kept.provider.idToken = (claims) => ({ ...claims, groups: 'x'.repeat(4_000) })
    expect(await signOut(kept)).not.toHaveProperty('id_token_hint')
  })

  test('nobody’s goes along with a stranger', async () => {
    await cookieLogin(kept.latchkey, kept.provider)
    const stranger = new Browser()
    const { location } = await stranger.send(`${kept.latchkey.url}/logout/fake`)
    expect(location?.searchParams.has('id_token_hint')).toBe(false)
    expect(kept.latchkey.logs.join('')).not.toContain('id_token_hint')
  })
})
