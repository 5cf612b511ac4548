import { expect } from 'vitest'
import { createTokenSealer } from '../../src/core/provider/provider-tokens.ts'
import { createSealer } from '../../src/core/secrets.ts'
import { google } from '../../src/emulator/played/google.ts'
import { exampleApp } from '../../src/http/routes/examples.ts'
import { claimsOf, post } from './apps.ts'
import { Browser } from './browser.ts'
import { type Latchkey, TEST_SECRET } from './latchkey.ts'
import { outbox, until } from './leaving.ts'
import { postIdentity } from './linking.ts'
import { ID_TOKEN, TOKEN_EXCHANGE } from './native.ts'
import { walkToApp } from './walk.ts'

/** Settings with the clients and providers that the examples of `/openapi.json` speak of. */
export const EXAMPLE_SETTINGS: Readonly<Record<string, string>> = {
  EMULATE: 'all',
  KAKAO_STORE_TOKENS: 'on',
  ACME_STORE_TOKENS: 'on',
  SLEEPY_STORE_TOKENS: 'on',
  CLIENTS: 'app,api',
  CLIENT_APP_REDIRECT_URIS: exampleApp.redirect_uri,
  CLIENT_APP_POST_LOGOUT_REDIRECT_URIS: exampleApp.post_logout_redirect_uri,
  CLIENT_APP_RESPONSE_MODES: 'query,form_post,web_message,cookie',
  CLIENT_APP_PROVIDER_TOKENS: 'on',
  CLIENT_API_REDIRECT_URIS: 'https://api.example.com/callback',
  CLIENT_API_ADMIN: 'on',
  CLIENT_API_SECRET: 'the secret of the api of the examples',
  OIDC_PROVIDERS: 'acme,sleepy',
  // Nothing listens there.
  ACME_ISSUER: 'http://127.0.0.1:1',
  ACME_CLIENT_ID: 'latchkey-at-acme',
  ACME_CLIENT_SECRET: 'secret-at-acme',
  SLEEPY_CLIENT_ID: 'latchkey-at-sleepy',
  SLEEPY_CLIENT_SECRET: 'secret-at-sleepy',
}

/** Which failure of the emulator makes such a code. */
const HINTS: Readonly<Record<string, string>> = {
  $USED_CODE: '!used-code',
  $BROKEN_CODE: '!server-error',
  $SLOW_CODE: '!slow',
}

const { client_id, redirect_uri, code_challenge, code_verifier } = exampleApp

const SCOPE = 'openid profile email account provider_tokens'

/** A browser in which an example is played, and the values that only a running Latchkey can give. */
export class ExampleScene {
  readonly browser = new Browser()
  readonly latchkey: Latchkey
  readonly #used: string
  readonly #made = new Map<string, Promise<unknown>>()

  /** `used` is the text of the whole request: it says which values the example needs. */
  constructor(latchkey: Latchkey, used: string) {
    this.latchkey = latchkey
    this.#used = used
  }

  /** What stands for `$NAME`, by its name. */
  readonly values: Readonly<Record<string, () => Promise<string> | string>> = {
    $ACCESS_TOKEN: async () => (await this.#tokens()).access_token,
    $REFRESH_TOKEN: async () => (await this.#tokens()).refresh_token,
    $ID_TOKEN: async () => (await this.#tokens()).id_token,
    $CODE: () => this.#code(),
    $STATE: async () => (await this.#callback()).get('state') ?? '',
    $APP_STATE: async () => (await this.#callback()).get('state') ?? '',
    $PROVIDER_CODE: async () => (await this.#callback()).get('code') ?? '',
    $USED_CODE: async () => (await this.#callback()).get('code') ?? '',
    $BROKEN_CODE: async () => (await this.#callback()).get('code') ?? '',
    $SLOW_CODE: async () => (await this.#callback()).get('code') ?? '',
    $SESSION_ID: async () => {
      await this.#tokens()
      return claimsOf((await this.#signIn()).access_token).sid
    },
    $USER_ID: () => this.#once('user', () => this.#userId()),
    $LINKED_PROVIDER: () => this.#linkedProvider(),
    $ONLY_PROVIDER: () => this.#onlyProvider(),
    $CLIENT_SECRET: () => EXAMPLE_SETTINGS.CLIENT_API_SECRET ?? '',
    $PROVIDER_ID_TOKEN: () => this.#providerIdToken(),
    $LINK_CODE: () => this.#code('google', { intent: 'link', login_hint: 'sora' }),
    $UNUSED_ID_TOKEN: () => this.#providerIdToken('sora'),
    $FOREIGN_ID_TOKEN: () => this.#foreignIdToken(),
    $SECOND_ID_TOKEN: () => this.#secondIdToken(),
    $LONG_TEXT: () => 'a'.repeat(10_000),
    $LOGOUT_STATE: () => this.#logoutState(),
  }

  /** A text of an example with every `$NAME` replaced. */
  async fill(text: string): Promise<string> {
    const value = this.values[text]
    if (value !== undefined) return value()
    if (text.startsWith('$')) throw new Error(`nobody knows what ${text} stands for`)
    return text
  }

  /** A login with the session in cookies. */
  async signInWithCookies(): Promise<void> {
    const query = { client_id, redirect_uri, response_mode: 'cookie', login_hint: 'minji' }
    const end = await this.#walk('kakao', query, redirect_uri)
    if (end.searchParams.has('error')) throw new Error(`nobody is signed in: ${end}`)
  }

  /** The access token of a client that administers users. */
  async adminToken(): Promise<string> {
    const client = { client_id: 'api', client_secret: EXAMPLE_SETTINGS.CLIENT_API_SECRET ?? '' }
    const form = { grant_type: 'client_credentials', ...client }
    return String((await post(`${this.latchkey.url}/token`, form)).json().access_token)
  }

  /** Keeps a grant of the signed-in user whose access token is over, at a provider where it is refreshed in vain. */
  async keepOverGrant(provider: string): Promise<void> {
    const { sub } = claimsOf(await this.fill('$ACCESS_TOKEN'))
    const { query } = this.latchkey.database
    const [known] = await query<{ subject: string }>(
      'select subject from latchkey.identities where user_id = $1 and provider = $2',
      [sub, provider],
    )
    const identity = { provider, issuer: '', subject: known?.subject ?? sub }
    const access = { token: 'over', expiresAt: Date.now(), scope: null }
    const sealed = createTokenSealer(createSealer([TEST_SECRET], 'provider grants')).seal(
      { access, refreshToken: 'over too' },
      identity,
    )
    await query(
      `insert into latchkey.identities
         (provider, issuer, subject, user_id, email_verified, sealed_access_token, sealed_refresh_token)
       values ($1, '', $2, $3, false, $4, $5)
       on conflict (provider, issuer, subject) do update set
         sealed_access_token = excluded.sealed_access_token,
         sealed_refresh_token = excluded.sealed_refresh_token`,
      [provider, identity.subject, sub, sealed.access, sealed.refreshToken],
    )
  }

  #once<Value>(name: string, make: () => Promise<Value>): Promise<Value> {
    const made = this.#made.get(name) ?? make()
    this.#made.set(name, made)
    return made as Promise<Value>
  }

  async #walk(provider: string, query: Record<string, string>, end: string): Promise<URL> {
    // An example before may have deleted the same person, whose grant is revoked behind the answer: that
    // ends what the provider gives now as well.
    await until(async () => {
      const waiting = await outbox(this.latchkey)
      expect(waiting.filter((row) => row.provider === provider)).toEqual([])
    })
    const start = `${this.latchkey.url}/login/${provider}?${new URLSearchParams(query)}`
    return walkToApp(this.browser, start, end)
  }

  async #code(provider = 'kakao', more: Record<string, string> = {}): Promise<string> {
    const proof = { code_challenge, code_challenge_method: 'S256' }
    const query = { client_id, redirect_uri, ...proof, scope: SCOPE }
    const end = await this.#walk(provider, { ...query, login_hint: 'minji', ...more }, redirect_uri)
    return end.searchParams.get('code') ?? ''
  }

  /** An access token that may be used for next to nothing. */
  async narrowToken(): Promise<string> {
    return (await this.#signIn('openid')).access_token
  }

  /** Somebody for the operator to change, whom no other example signs in. */
  async #userId(): Promise<string> {
    const { query } = this.latchkey.database
    await query('update latchkey.users set disabled_at = null', [])
    const { sub } = claimsOf((await this.#signIn(SCOPE, 'naver')).access_token)
    await query(`update latchkey.users set roles = '{editor}' where id = $1`, [sub])
    return sub
  }

  async #signIn(
    scope = SCOPE,
    provider = 'kakao',
  ): Promise<Record<'access_token' | 'refresh_token' | 'id_token', string>> {
    const code = await this.#code(provider, { scope })
    const form = { grant_type: 'authorization_code', client_id, redirect_uri, code_verifier, code }
    const answer = await post(`${this.latchkey.url}/token`, form)
    if (answer.status !== 200) throw new Error(answer.text)
    return answer.json() as never
  }

  #tokens() {
    return this.#once('tokens', () => this.#signIn())
  }

  /** What the provider sent back for a login of this browser that is not finished. */
  #callback(): Promise<URLSearchParams> {
    return this.#once('callback', async () => {
      const hint = Object.keys(HINTS).find((name) => this.#used.includes(`"${name}"`))
      const app = { client_id, redirect_uri, code_challenge, code_challenge_method: 'S256' }
      const query = {
        ...(this.#used.includes('"$APP_STATE"') ? { ...app, state: 'af0ifjsldkj' } : {}),
        login_hint: HINTS[hint ?? ''] ?? 'minji',
      }
      const end = `${this.latchkey.url}/login/kakao/callback`
      return (await this.#walk('kakao', query, end)).searchParams
    })
  }

  /** What an SDK gives to an app: here the app swaps the provider's code itself. */
  async #providerIdToken(persona = 'minji'): Promise<string> {
    const path = `/login/google?login_hint=${persona}`
    const start = await this.browser.send(this.latchkey.url + path)
    const authorization = start.location
    if (authorization === null) throw new Error(start.text)
    authorization.searchParams.delete('nonce')
    authorization.searchParams.set('code_challenge', code_challenge)
    const back = authorization.searchParams.get('redirect_uri') ?? ''
    const end = await walkToApp(this.browser, authorization, back)
    const form = {
      grant_type: 'authorization_code',
      ...{ client_id: google.client.id, client_secret: google.client.secret },
      ...{ redirect_uri: back, code_verifier, code: end.searchParams.get('code') },
    }
    const answer = await post(`${authorization.origin}/google${google.tokenPath}`, form)
    return String(answer.json().id_token)
  }

  async #askMe(path: string, method = 'GET') {
    const { access_token } = await this.#tokens()
    const headers = { authorization: `Bearer ${access_token}` }
    return this.browser.send(`${this.latchkey.url}/me/${path}`, { method, headers })
  }

  async #providers(): Promise<string[]> {
    const identities = (await this.#askMe('identities')).json() as unknown
    return (identities as { provider: string }[]).map(({ provider }) => provider)
  }

  async #linkedProvider(): Promise<string> {
    const { access_token } = await this.#tokens()
    const linked = await postIdentity(this.latchkey, access_token, {
      ...{ subject_issuer: 'google', subject_token_type: ID_TOKEN },
      subject_token: await this.#providerIdToken('sora'),
    })
    if (linked.status !== 200) throw new Error(linked.text)
    return 'google'
  }

  async #foreignIdToken(): Promise<string> {
    await post(`${this.latchkey.url}/token`, {
      ...{
        grant_type: TOKEN_EXCHANGE,
        client_id,
        subject_issuer: 'google',
        subject_token_type: ID_TOKEN,
      },
      subject_token: await this.#providerIdToken('alex'),
    })
    return this.#providerIdToken('alex')
  }

  async #secondIdToken(): Promise<string> {
    await this.#linkedProvider()
    return this.#providerIdToken('yuki')
  }

  async #onlyProvider(): Promise<string> {
    const [only = '', ...others] = await this.#providers()
    for (const provider of others) await this.#askMe(`identities/${provider}`, 'DELETE')
    return only
  }

  async #logoutState(): Promise<string> {
    const query = new URLSearchParams({
      id_token_hint: (await this.#tokens()).id_token,
      post_logout_redirect_uri: exampleApp.post_logout_redirect_uri,
      state: 'af0ifjsldkj',
    })
    const answer = await this.browser.send(`${this.latchkey.url}/logout/kakao?${query}`)
    return answer.location?.searchParams.get('state') ?? ''
  }
}
