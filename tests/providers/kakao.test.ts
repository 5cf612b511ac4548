import { describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { login, spelledOut, startLogin } from '../helpers/latchkey.ts'
import { expectRefused, failed } from '../helpers/refusals.ts'
import { setStage } from '../helpers/stage.ts'
import { playWire } from '../helpers/wire.ts'
import { PROFILE, settings, TOKENS } from './kakao-double.ts'

describe('kakao', () => {
  const stage = setStage({ aim: settings })
  /** Kakao's answers, the profile changed. */
  const answers = (profile: unknown = PROFILE) => {
    stage.provider.answers.token = { body: TOKENS }
    stage.provider.answers.userinfo = { body: profile }
  }
  const signIn = () => login(stage.latchkey, stage.provider, new Browser(), 'kakao')
  const withAccount = (changes: object) => ({
    ...PROFILE,
    kakao_account: { ...PROFILE.kakao_account, ...changes },
  })

  test('the dance: comma scopes, secret in the body, PKCE, no nonce, secure_resource', async () => {
    answers()
    expect(
      await playWire(stage, 'kakao', '?login_hint=a%40b.kr&prompt=login&ui_locales=ko'),
    ).toEqual({
      authorization: {
        client_id: 'client-at-fake',
        login_hint: 'a@b.kr',
        prompt: 'login',
      },
      token: {
        form: { client_id: 'client-at-fake', client_secret: 'secret-at-fake' },
        headers: { accept: 'application/json', authorization: undefined, 'user-agent': 'latchkey' },
      },
      calls: [['userinfo', '/userinfo?secure_resource=true']],
      user: expect.objectContaining({
        name: '홍길동',
        email: 'gildong@example.kr',
        email_verified: true,
        picture: 'https://k.example/p.jpg',
        identities: [expect.objectContaining({ provider: 'kakao', subject: '3891047281' })],
      }),
    })
  })

  test.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
    [false, false, false],
    [undefined, true, false],
    [true, undefined, false],
    ['true', 'true', false],
  ])(
    'an address with is_email_valid %s and is_email_verified %s is verified: %s',
    async (is_email_valid, is_email_verified, verified) => {
      answers({ ...withAccount({ is_email_valid, is_email_verified }), id: 77 })
      expect((await signIn()).json().user).toMatchObject({
        email: 'gildong@example.kr',
        email_verified: verified,
        identities: [{ email_verified: verified }],
      })
    },
  )

  test.each<[string, object, object]>([
    [
      'an address that was not granted',
      { ...withAccount({ email: undefined, email_needs_agreement: true }), id: 1001 },
      { email: null, email_verified: false },
    ],
    ['no account at all', { id: 1002 }, { name: null, email: null, picture: null }],
    [
      'null as account',
      { id: 1003, kakao_account: null, properties: null },
      { name: null, email: null },
    ],
    [
      'properties only',
      { id: 1004, properties: { nickname: 'Gil' } },
      { name: 'Gil', picture: null },
    ],
    [
      'a picture on plain http',
      { id: 1005, properties: { profile_image: 'http://k.example/p.jpg' } },
      { picture: null },
    ],
    [
      'a nickname that looks like two numbers',
      {
        ...withAccount({ profile: { nickname: '9007199254740993, "90071992547409931' } }),
        id: 1006,
      },
      { name: '9007199254740993, "90071992547409931' },
    ],
  ])('%s does not stop the login', async (_title, profile, user) => {
    answers(profile)
    const answer = await signIn()
    expect(answer.status).toBe(200)
    expect(spelledOut(answer.json().user)).toMatchObject(user)
  })

  test('a used code, a wrong secret and a dead access token each have their word', async () => {
    const error_description = 'authorization code not found for code=a-code'
    const body = { error: 'invalid_grant', error_description, error_code: 'KOE320' }
    stage.provider.answers.token = { status: 400, body }
    const log = { step: 'token', error: 'invalid_grant' }
    await expectRefused(stage, { status: 400, code: 'invalid_code', log }, signIn)
    stage.provider.answers.token = {
      status: 401,
      body: { error: 'invalid_client', error_code: 'KOE010' },
    }
    await expectRefused(stage, failed('token', { status: 401, error: 'invalid_client' }), signIn)
    answers()
    stage.provider.answers.userinfo = { status: 401, body: { msg: 'no such token', code: -401 } }
    await expectRefused(stage, failed('userinfo', { status: 401, error: '-401' }), signIn)
  })

  test('whoever says no at Kakao is told so', async () => {
    const browser = new Browser()
    const { callback } = await startLogin(stage.latchkey, browser, 'kakao')
    const denied = callback({
      code: null,
      error: 'access_denied',
      error_description: 'User denied access',
    })
    const log = { step: 'callback', error: 'access_denied' }
    await expectRefused(stage, { status: 403, code: 'access_denied', log }, () =>
      browser.send(denied),
    )
  })

  test('an ID token that nobody asked for is not looked at', async () => {
    answers()
    stage.provider.answers.token = { body: { ...TOKENS, id_token: 'a.b.c' } }
    expect((await signIn()).status).toBe(200)
  })
})

describe('kakao without the permission to ask for an address', () => {
  const stage = setStage({
    aim: (provider) => ({
      ...settings(provider),
      KAKAO_SCOPES: 'profile_nickname profile_image',
    }),
  })

  test('KAKAO_SCOPES drops account_email', async () => {
    stage.provider.answers.userinfo = { body: { id: 5 } }
    const { authorization, user } = await playWire(stage, 'kakao')
    expect(authorization.scope).toBe('profile_nickname,profile_image')
    expect(spelledOut(user)).toMatchObject({ email: null, email_verified: false })
  })
})
