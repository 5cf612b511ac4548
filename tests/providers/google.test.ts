import { describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { makeKey } from '../helpers/fake-provider.ts'
import { type Forge, loginWithToken } from '../helpers/id-token.ts'
import { login } from '../helpers/latchkey.ts'
import { expectRefused, unusable } from '../helpers/refusals.ts'
import { setStage } from '../helpers/stage.ts'
import { playWire } from '../helpers/wire.ts'

/** Claims as Google documents them. */
const PERSON = {
  azp: 'client-at-fake',
  email: 'ada@gmail.com',
  email_verified: true,
  name: 'Ada Example',
  given_name: 'Ada',
  family_name: 'Example',
  picture: 'https://pictures.example/a/ada=s96-c',
}
const registration = { GOOGLE_CLIENT_ID: 'client-at-fake', GOOGLE_CLIENT_SECRET: 'secret-at-fake' }
const likeGoogle = (document: Record<string, unknown>) => ({
  ...document,
  expires_in: 3599,
  scope:
    'openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile',
})

describe('google by discovery at GOOGLE_ISSUER', () => {
  const stage = setStage({
    prepare: (provider) => {
      provider.person = PERSON
      provider.subject = '110169484474386276334'
    },
    aim: (provider) => ({
      ...registration,
      GOOGLE_ISSUER: provider.issuer,
      GOOGLE_TRUST_EMAIL: 'on',
    }),
  })

  test('the dance: three scopes, a nonce, hl for the language, secret in the body, PKCE', async () => {
    const { provider } = stage
    provider.token = likeGoogle
    const query = '?login_hint=ada%40gmail.com&prompt=select_account&ui_locales=ko'
    expect(await playWire(stage, 'google', query)).toEqual({
      authorization: {
        client_id: 'client-at-fake',
        scope: 'openid profile email',
        nonce: 'fresh',
        login_hint: 'ada@gmail.com',
        prompt: 'select_account',
        hl: 'ko',
      },
      token: {
        form: { client_id: 'client-at-fake', client_secret: 'secret-at-fake' },
        headers: { accept: 'application/json', authorization: undefined, 'user-agent': 'latchkey' },
      },
      // The ID token says all that the scopes ask for.
      calls: [],
      user: expect.objectContaining({
        name: 'Ada Example',
        email: 'ada@gmail.com',
        email_verified: true,
        picture: 'https://pictures.example/a/ada=s96-c',
        identities: [
          expect.objectContaining({ provider: 'google', subject: '110169484474386276334' }),
        ],
      }),
    })
  })

  test('4.06 the names of the real Google are not accepted from another issuer', async () => {
    const { latchkey, provider } = stage
    for (const iss of ['https://accounts.google.com', 'accounts.google.com']) {
      await expectRefused(stage, unusable('id_token', 'claim_iss'), () =>
        loginWithToken(latchkey, provider, (claims) => provider.sign({ ...claims, iss }), 'google'),
      )
    }
    expect((await login(latchkey, provider, new Browser(), 'google')).status).toBe(200)
  })

  test('4.03 only RS256 is accepted, whatever is advertised', async () => {
    const { latchkey, provider } = stage
    provider.keys = [await makeKey('key-ec', 'ES256'), ...provider.keys]
    await expectRefused(stage, unusable('id_token', 'alg_not_allowed'), () =>
      login(latchkey, provider, new Browser(), 'google'),
    )
    provider.keys.shift()
    expect((await login(latchkey, provider, new Browser(), 'google')).status).toBe(200)
  })
})

describe('google with every endpoint set and its own issuer', () => {
  const stage = setStage({
    prepare: (provider) => {
      provider.person = PERSON
    },
    aim: ({ issuer }) => ({
      ...registration,
      GOOGLE_AUTHORIZATION_ENDPOINT: `${issuer}/authorize?hd=example.com`,
      GOOGLE_TOKEN_ENDPOINT: `${issuer}/token`,
      GOOGLE_USERINFO_ENDPOINT: `${issuer}/userinfo`,
      GOOGLE_JWKS_URI: `${issuer}/jwks`,
    }),
  })
  const saying =
    (iss: string): Forge =>
    (claims) =>
      stage.provider.sign({ ...claims, iss })
  const signIn = (iss: string) =>
    loginWithToken(stage.latchkey, stage.provider, saying(iss), 'google')

  test('nothing is discovered, and the query of an endpoint is kept', async () => {
    const { provider, latchkey } = stage
    const start = await new Browser().send(`${latchkey.url}/login/google`)
    expect(start.location?.origin).toBe(provider.issuer)
    expect(start.location?.searchParams.get('hd')).toBe('example.com')
    expect(start.location?.searchParams.get('client_id')).toBe('client-at-fake')
    expect((await signIn('https://accounts.google.com')).status).toBe(200)
    expect(provider.count('discovery')).toBe(0)
  })

  test('4.06 the issuer with and without its scheme is Google, and the same person', async () => {
    const subs = []
    for (const iss of ['https://accounts.google.com', 'accounts.google.com']) {
      const answer = await signIn(iss)
      expect(answer.status).toBe(200)
      subs.push((answer.json().user as { sub: string }).sub)
    }
    expect(subs[0]).toBe(subs[1])
  })

  test.each([
    'http://accounts.google.com',
    'https://accounts.google.com/',
    'accounts.google.com/',
    'https://ACCOUNTS.google.com',
    'https://accounts.google.com.evil.example',
    'https://google.com',
    '',
  ])('4.06 the issuer "%s" is not Google', async (iss) => {
    await expectRefused(stage, unusable('id_token', 'claim_iss'), () => signIn(iss))
    expect((await signIn('accounts.google.com')).status).toBe(200)
  })

  test('4.06 and the address of the double itself is not Google either', async () => {
    await expectRefused(stage, unusable('id_token', 'claim_iss'), () =>
      signIn(stage.provider.issuer),
    )
  })
})
