import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import type { IdentityKey } from '../../src/core/identity/identity-key.ts'
import type { StoredProviderTokens } from '../../src/core/provider/provider-token-stores.ts'
import { createTokenSealer, type SealedTokens } from '../../src/core/provider/provider-tokens.ts'
import { createSealer } from '../../src/core/secrets.ts'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { APPS, authorizationQuery, NATIVE, readTokens, redeem } from './apps.ts'
import { Browser } from './browser.ts'
import { followForms } from './forms.ts'
import { type Latchkey, startLatchkey, TEST_SECRET } from './latchkey.ts'

const sealer = createTokenSealer(createSealer([TEST_SECRET], 'provider grants'))

/** A Latchkey with one provider, emulated outside of it as the real one is, that keeps its tokens. */
export class EmulatedGrants {
  readonly id: string
  emulator!: Emulator
  #app!: Server
  latchkey!: Latchkey

  constructor(id: string) {
    this.id = id
  }

  async start(): Promise<void> {
    await this.#startEmulator(0)
    const prefix = this.id.toUpperCase()
    const env: Record<string, string> = {
      ...APPS,
      CLIENT_NATIVE_PROVIDER_TOKENS: 'on',
      [`${prefix}_STORE_TOKENS`]: 'on',
    }
    // The app, which shows what it was sent.
    this.#app = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://127.0.0.1')
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(Object.fromEntries(searchParams)))
    })
    await new Promise<void>((resolve) => this.#app.listen(0, '127.0.0.1', resolve))
    for (const [name, value] of Object.entries(this.settings)) env[`${prefix}_${name}`] = value
    this.latchkey = await startLatchkey(env)
  }

  async close(): Promise<void> {
    await this.latchkey.close()
    await this.emulator.close()
    this.#app.close()
  }

  /** Puts an emulator in the place of the first that knows no token of before. */
  async forgetAll(): Promise<void> {
    await this.emulator.close()
    await this.#startEmulator(Number(new URL(this.emulator.origin).port))
  }

  async #startEmulator(port: number): Promise<void> {
    this.emulator = await startEmulator({
      providers: [this.id],
      redirectUris: (id) => `${this.latchkey.url}/login/${id}/callback`,
      port,
    })
  }

  /** The provider's settings, by the suffix of their names. */
  get settings(): Record<string, string> {
    return this.emulator.settings[this.id] ?? {}
  }

  /** Signs Minji in; gives the access token of Latchkey. */
  async signIn(): Promise<string> {
    const browser = new Browser()
    const redirect_uri = `http://127.0.0.1:${(this.#app.address() as AddressInfo).port}/cb`
    const client = { client_id: NATIVE.client_id, redirect_uri }
    const query = authorizationQuery({ ...client, scope: 'account provider_tokens' })
    const { location } = await browser.send(`${this.latchkey.url}/login/${this.id}${query}`)
    if (location === null) throw new Error('no redirect')
    // The hint is for the emulator; not every real provider takes one.
    location.searchParams.set('login_hint', 'minji')
    const answer = await followForms(browser, location.href.replaceAll('+', '%20'))
    expect(answer.status, answer.text).toBe(200)
    const { code } = answer.json()
    return readTokens(await redeem(this.latchkey, String(code), client)).access_token
  }

  async #stored(): Promise<StoredProviderTokens> {
    const [row, ...more] = await this.latchkey.database.query<IdentityKey & SealedTokens>(
      `select provider, issuer, subject, sealed_access_token as access,
         sealed_refresh_token as "refreshToken"
       from latchkey.identities where provider = $1`,
      [this.id],
    )
    expect(more).toEqual([])
    if (row === undefined) throw new Error('no identity')
    const { access, refreshToken, ...key } = row
    return { ...key, sealed: { access, refreshToken } }
  }

  /** The tokens that are kept of the only identity at a provider. */
  async kept(): Promise<{ accessToken: string; refreshToken: string | null }> {
    const stored = await this.#stored()
    const grant = sealer.open(stored.sealed, stored)
    if (grant?.access == null) throw new Error('no access token')
    return { accessToken: grant.access.token, refreshToken: grant.refreshToken }
  }

  /** Makes the kept access token one that is over, as it is hours later. */
  async expire(): Promise<void> {
    const stored = await this.#stored()
    const { refreshToken } = await this.kept()
    const access = { token: 'an old token', expiresAt: Date.now() - 1, scope: null }
    const sealed = sealer.seal({ access, refreshToken }, stored)
    await this.latchkey.database.query(
      `update latchkey.identities set sealed_access_token = $2, sealed_refresh_token = $3
       where provider = $1`,
      [this.id, sealed.access, sealed.refreshToken],
    )
  }

  /** Whether the provider answers to a call with the access token. */
  async accepts(accessToken: string): Promise<boolean> {
    const { USERINFO_ENDPOINT, CLIENT_ID, CLIENT_SECRET } = this.settings
    const url = new URL(USERINFO_ENDPOINT ?? '')
    const proof = createHmac('sha256', CLIENT_SECRET ?? '')
      .update(accessToken)
      .digest('hex')
    if (this.id === 'facebook') url.searchParams.set('appsecret_proof', proof)
    const response = await fetch(url, {
      headers: {
        authorization: `Bearer ${accessToken}`,
        'user-agent': 'a test',
        'client-id': CLIENT_ID ?? '',
      },
    })
    const document = (await response.json()) as { ok?: boolean }
    // Slack refuses with 200.
    return response.ok && document.ok !== false
  }
}
