import { describe, expect, test } from 'vitest'
import { builtInProviders } from '../../src/providers/index.ts'
import { errorCodeOf } from '../../src/upstream/outbound/read-answer.ts'
import { Browser } from '../helpers/browser.ts'
import { login, startLogin } from '../helpers/latchkey.ts'
import { lastProblem } from '../helpers/problems.ts'
import { setStage, useLatchkey } from '../helpers/stage.ts'

/** How providers refuse a call of their API, each in its own form. */
test.each<[string, Record<string, unknown>, string | null]>([
  ['kakao', { msg: 'this access token does not exist', code: -401 }, '-401'],
  ['kakao', { msg: 'no code at all' }, null],
  ['naver', { resultcode: '024', message: 'Authentication failed' }, '024'],
  ['naver', { errorCode: '028', errorMessage: 'no header' }, '028'],
  ['facebook', { error: { message: 'Invalid token', type: 'OAuthException', code: 190 } }, '190'],
  ['discord', { message: '401: Unauthorized', code: 0 }, '0'],
  ['discord', { error: 'invalid_token' }, 'invalid_token'],
  ['linkedin', { status: 401, serviceErrorCode: 65600, message: 'Invalid access token' }, '65600'],
  ['x', { title: 'Client Forbidden', reason: 'client-not-enrolled' }, 'client-not-enrolled'],
  ['slack', { ok: false, error: 'missing_scope' }, 'missing_scope'],
  ['google', { error: 'invalid_token', error_description: 'words' }, 'invalid_token'],
  ['google', { error: 'words, not a code' }, null],
])('%s says %j: the log has %j', (id, document, code) => {
  const row = builtInProviders.find((one) => one.id === id)
  expect(errorCodeOf(row?.apiError(document))).toBe(code)
})

describe('an error that calls itself a success', () => {
  const { latchkey, provider } = setStage({
    aim: (at) => ({
      NAVER_CLIENT_ID: at.clientId,
      NAVER_CLIENT_SECRET: 'secret-at-fake',
      NAVER_AUTHORIZATION_ENDPOINT: `${at.issuer}/authorize`,
      NAVER_TOKEN_ENDPOINT: `${at.issuer}/token`,
      NAVER_USERINFO_ENDPOINT: `${at.issuer}/userinfo`,
    }),
  })

  test.each([
    ['its code', { resultcode: '024', message: 'Authentication failed' }, { error: '024' }],
    ['nothing that could be one', { resultcode: 'a b', response: null }, {}],
  ])('is logged with %s', async (_title, body, logged) => {
    const signIn = () => login(latchkey, provider, new Browser(), 'naver')
    provider.answers.userinfo = { body: { resultcode: '00', response: { id: 'a' } } }
    expect((await signIn()).status).toBe(200)
    provider.answers.userinfo = { body }
    expect((await signIn()).json().code).toBe('invalid_provider_response')
    const { step, reason, error } = lastProblem(latchkey)
    expect({ step, reason, error }).toEqual({
      step: 'profile',
      reason: 'shape',
      error: undefined,
      ...logged,
    })
  })
})

describe('a refusal in a callback', () => {
  const latchkey = useLatchkey({ EMULATE: 'microsoft,facebook,kakao,google' })

  test.each<[string, Record<string, string>, object]>([
    [
      'microsoft',
      { error: 'invalid_request', error_description: 'AADSTS90072: User account …' },
      { code: 'provider_error', error: 'invalid_request', exact_error: 'AADSTS90072' },
    ],
    [
      'microsoft',
      { error: 'access_denied', error_description: 'AADSTS65004: User declined' },
      { code: 'access_denied', error: 'access_denied', exact_error: 'AADSTS65004' },
    ],
    [
      'facebook',
      { error_code: '1349048', error_message: 'Can’t load URL' },
      { code: 'provider_error', error: null, exact_error: '1349048' },
    ],
    [
      'kakao',
      { error: 'invalid_scope', error_code: 'KOE205', error_description: 'words' },
      { code: 'provider_error', error: 'invalid_scope', exact_error: 'KOE205' },
    ],
    // A person's code is none of an error, whoever else calls something `code`.
    [
      'kakao',
      { error: 'server_error', code: 'a-code' },
      { code: 'provider_error', error: 'server_error', exact_error: undefined },
    ],
    [
      'microsoft',
      { error: 'server_error', error_description: 'words' },
      { code: 'provider_error', error: 'server_error', exact_error: undefined },
    ],
    [
      'google',
      { error: 'server_error', error_description: 'AADSTS1', error_code: 'KOE1' },
      { code: 'provider_error', error: 'server_error', exact_error: undefined },
    ],
  ])('of %s, %j, is logged with its exact code', async (id, said, logged) => {
    const browser = new Browser()
    const { callback } = await startLogin(latchkey, browser, id)
    await browser.send(callback({ code: null, ...said }))
    const { code, error, exact_error } = lastProblem(latchkey)
    expect({ code, error, exact_error }).toEqual({ exact_error: undefined, ...logged })
  })

  test('bears whatever else stands there, and is the same refusal', async () => {
    const browser = new Browser()
    const { callback } = await startLogin(latchkey, browser, 'microsoft')
    const url = `${callback({ code: null, error: 'access_denied' })}&error_description=a&error_description=b&error_code[x]=%00`
    expect((await browser.send(url)).json().code).toBe('access_denied')
  })
})
