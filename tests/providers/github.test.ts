import { describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import type { Reply } from '../helpers/fake-provider.ts'
import { login, spelledOut, startLogin } from '../helpers/latchkey.ts'
import { expectRefused, failed, unusable } from '../helpers/refusals.ts'
import { setStage } from '../helpers/stage.ts'
import { playWire } from '../helpers/wire.ts'

/** `GET /user` and `GET /user/emails` as GitHub documents them, and the answer of an OAuth App. */
const USER = {
  login: 'octo',
  id: 583231,
  node_id: 'MDQ6VXNlcjU4MzIzMQ==',
  avatar_url: 'https://avatars.example/u/583231?v=4',
  html_url: 'https://github.com/octo',
  type: 'User',
  name: 'The Octo',
  email: 'public@example.com',
  company: null,
}
const EMAILS = [
  { email: 'old@example.com', primary: false, verified: true, visibility: null },
  { email: 'octo@example.com', primary: true, verified: true, visibility: 'private' },
]
const TOKENS = {
  access_token: 'access-token-of-fake',
  scope: 'read:user,user:email',
  token_type: 'bearer',
}

describe('github', () => {
  const stage = setStage({
    aim: (provider) => ({
      GITHUB_CLIENT_ID: provider.clientId,
      GITHUB_CLIENT_SECRET: 'secret-at-fake',
      GITHUB_AUTHORIZATION_ENDPOINT: `${provider.issuer}/login/oauth/authorize`,
      GITHUB_TOKEN_ENDPOINT: `${provider.issuer}/token`,
      GITHUB_USERINFO_ENDPOINT: `${provider.issuer}/userinfo`,
      GITHUB_TRUST_EMAIL: 'on',
      GITHUB_EMAILS_ENDPOINT: `${provider.issuer}/emails`,
    }),
  })
  const answers = (changes: Record<string, Reply> = {}) => {
    stage.provider.answers = {
      token: { body: TOKENS },
      userinfo: { body: USER },
      emails: { body: EMAILS },
      ...changes,
    }
  }
  const signIn = () => login(stage.latchkey, stage.provider, new Browser(), 'github')

  test('the dance: two scopes, login as hint, secret in the body, PKCE, no nonce, two calls', async () => {
    answers()
    const wire = await playWire(
      stage,
      'github',
      '?login_hint=octo&prompt=select_account&ui_locales=ko',
    )
    expect({ ...wire, calls: [...wire.calls].sort() }).toEqual({
      authorization: {
        client_id: 'client-at-fake',
        scope: 'read:user user:email',
        login: 'octo',
        prompt: 'select_account',
      },
      token: {
        form: { client_id: 'client-at-fake', client_secret: 'secret-at-fake' },
        headers: { accept: 'application/json', authorization: undefined, 'user-agent': 'latchkey' },
      },
      calls: [
        ['emails', '/emails?per_page=100'],
        ['userinfo', '/userinfo'],
      ],
      user: expect.objectContaining({
        name: 'The Octo',
        email: 'octo@example.com',
        email_verified: true,
        picture: 'https://avatars.example/u/583231?v=4',
        identities: [expect.objectContaining({ provider: 'github', subject: '583231' })],
      }),
    })
  })

  const entry = (email: string, primary: boolean, verified: boolean) => ({
    email,
    primary,
    verified,
  })
  test.each<[string, Reply]>([
    ['6.17 a 404 for the addresses', { status: 404, body: { message: 'Not Found' } }],
    ['6.17 a 403 for the addresses', { status: 403, body: { message: 'Forbidden' } }],
    ['6.17 no addresses', { body: [] }],
    ['6.17 no primary address', { body: [entry('a@example.com', false, true)] }],
    [
      '6.17 a primary address that is not verified',
      { body: [entry('a@example.com', true, false), entry('b@example.com', false, true)] },
    ],
    ['6.17 an address that is none', { body: [entry('not an address', true, true)] }],
  ])('%s leaves the user without one, though /user shows a public one', async (title, emails) => {
    const id = 9000 + title.length
    answers({ userinfo: { body: { ...USER, id } }, emails })
    const answer = await signIn()
    expect(answer.status).toBe(200)
    expect(spelledOut(answer.json().user)).toMatchObject({
      email: null,
      email_verified: false,
      identities: [{ subject: String(id), email: null, email_verified: false }],
    })
  })

  test.each<[string, Reply, ReturnType<typeof unusable>]>([
    ['a 500', { status: 500, body: {} }, failed('emails', { status: 500 })],
    ['a 401', { status: 401, body: {} }, failed('emails', { status: 401 })],
    ['an object', { body: { email: 'a@example.com' } }, unusable('profile', 'shape')],
    ['texts', { body: ['a@example.com'] }, unusable('profile', 'shape')],
    [
      'a flag that is text',
      { body: [{ email: 'a@example.com', primary: 'true', verified: 'true' }] },
      unusable('profile', 'shape'),
    ],
  ])('6.17 %s in place of the addresses is refused', async (_title, emails, refusal) => {
    answers({ emails })
    await expectRefused(stage, refusal, signIn, { token: 1, userinfo: 1, emails: 1 })
    answers()
    expect((await signIn()).status).toBe(200)
  })

  test('6.01 errors inside a 200 are errors, and a used code has its own', async () => {
    const refusedCode = {
      status: 400,
      code: 'invalid_code',
      log: { step: 'token', status: 200, error: 'bad_verification_code' },
    }
    answers({
      token: { body: { error: 'bad_verification_code', error_uri: 'https://docs.example' } },
    })
    await expectRefused(stage, refusedCode, signIn)
    for (const error of [
      'incorrect_client_credentials',
      'redirect_uri_mismatch',
      'unverified_user_email',
    ]) {
      answers({ token: { body: { error, error_description: 'words' } } })
      await expectRefused(stage, failed('token', { status: 200, error }), signIn)
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
    answers({ token: { headers: form, body: 'error=bad_verification_code' } })
    await expectRefused(stage, unusable('token', 'not_json'), signIn)
    answers()
    expect((await signIn()).status).toBe(200)
  })

  test.each([
    ['no name', { name: null }, 'octo'],
    ['a name', { name: 'Somebody' }, 'Somebody'],
  ])('a profile with %s shows the name or the login', async (_title, change, name) => {
    answers({
      userinfo: { body: { ...USER, id: 600_000 + name.length + _title.length, ...change } },
    })
    expect((await signIn()).json().user).toMatchObject({ name })
  })

  test('the subject is the id, so a renamed login stays the same user', async () => {
    answers()
    const first = (await signIn()).json().user as { sub: string }
    answers({ userinfo: { body: { ...USER, login: 'renamed' } } })
    expect((await signIn()).json().user).toMatchObject({ sub: first.sub })
    answers({ userinfo: { body: { ...USER, id: 583232 } }, emails: { body: [] } })
    expect(((await signIn()).json().user as { sub: string }).sub).not.toBe(first.sub)
  })

  test('a token of an app whose tokens expire is accepted', async () => {
    answers({
      token: {
        body: {
          ...TOKENS,
          expires_in: 28800,
          refresh_token: 'refresh-token-of-fake',
          refresh_token_expires_in: 15897600,
          scope: '',
        },
      },
    })
    expect((await signIn()).status).toBe(200)
  })

  test('the iss that GitHub adds to its callbacks is accepted and another one refused', async () => {
    answers()
    const browser = new Browser()
    const wrong = await startLogin(stage.latchkey, browser, 'github')
    const invalidState = { status: 400, code: 'invalid_state', log: { reason: 'iss_mismatch' } }
    await expectRefused(stage, invalidState, () =>
      browser.send(wrong.callback({ iss: 'https://evil.example' })),
    )
    for (const iss of ['https://github.com/login/oauth', `${stage.provider.issuer}/login/oauth`]) {
      const right = await startLogin(stage.latchkey, browser, 'github')
      expect((await browser.send(right.callback({ iss }))).status).toBe(200)
    }
  })
})
