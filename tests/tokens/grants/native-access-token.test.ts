import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Call, FakeProvider } from '../../helpers/fake-provider.ts'
import { countRows, type Latchkey, startLatchkey } from '../../helpers/latchkey.ts'
import {
  ACCESS_TOKEN,
  exchange,
  expectSignedIn,
  expectTokenRefused,
  personOf,
} from '../../helpers/native.ts'
import { expectOAuthError } from '../../helpers/oauth.ts'
import { expectNoSecretLogged } from '../../helpers/problems.ts'
import { setStage } from '../../helpers/stage.ts'

const { provider, latchkey } = setStage({ aim: settings })

/** What each provider says of a token and of its person, as it is documented. */
interface Said {
  /** A status other than 200, for the inspection. */
  status?: number
  inspection: unknown
  profile: unknown
}

/** One provider that lets us prove to which app it gave a token. */
interface Prover {
  /** The answers for a token of our app. */
  said: Said
  subject: string
  /** The inspection as it must be on the wire. */
  asks: (call: Call | undefined) => void
  /** The answers for tokens that are not good, and the reason. */
  bad: [title: string, said: Partial<Said>, log: Record<string, unknown>][]
}

const TOKEN = 'access-token-of-the-sdk'
const SECRET = 'secret-at-fake'
const notKnown = (status: number) => ({ step: 'access_token', reason: 'not_known', status })
const otherApp = { step: 'access_token', reason: 'other_app' }
const notValid = { step: 'access_token', reason: 'not_valid' }
const otherPerson = { step: 'access_token', reason: 'subject_mismatch' }
const shapeless = { status: 503, code: 'provider_error', step: 'inspection', reason: 'shape' }

const kakao = { id: 3891047281, expires_in: 7199, app_id: 900_900 }
const kakaoUser = { id: 3891047281, kakao_account: { profile: { nickname: '홍길동' } } }
const google = {
  azp: 'android-app',
  aud: 'client-at-fake',
  sub: '110169484474386276334',
  scope: 'openid https://www.googleapis.com/auth/userinfo.email',
  exp: '1790000000',
  expires_in: '3599',
  email: 'g@example.com',
  email_verified: 'true',
  access_type: 'online',
}
const googleUser = { sub: google.sub, email: 'g@example.com', email_verified: true, name: 'G' }
const github = {
  id: 1,
  app: { client_id: 'client-at-fake', name: 'App', url: 'https://x.example' },
  token: TOKEN,
  scopes: ['user:email'],
  user: { login: 'octo', id: 583231, type: 'User' },
}
const githubUser = { login: 'octo', id: 583231, name: null, email: null }
const facebook = {
  app_id: 'client-at-fake',
  type: 'USER',
  application: 'App',
  is_valid: true,
  scopes: ['email', 'public_profile'],
  user_id: '10158000000000001',
}
const facebookUser = { id: facebook.user_id, name: 'F', email: 'f@example.com' }

const PROVERS: Record<string, Prover> = {
  kakao: {
    said: { inspection: kakao, profile: kakaoUser },
    subject: '3891047281',
    asks: (call) => {
      expect(call).toMatchObject({ method: 'GET', path: '/kakao/info' })
      expect(call?.headers.authorization).toBe(`Bearer ${TOKEN}`)
    },
    bad: [
      ['of another app', { inspection: { ...kakao, app_id: 900_901 } }, otherApp],
      ['of an app as text', { inspection: { ...kakao, app_id: '900901' } }, otherApp],
      ['that is expired', { inspection: { ...kakao, expires_in: 0 } }, notValid],
      ['long expired', { inspection: { ...kakao, expires_in: -1 } }, notValid],
      ['not known', { status: 401, inspection: { msg: 'no', code: -401 } }, notKnown(401)],
      ['malformed', { status: 400, inspection: { msg: 'no', code: -2 } }, notKnown(400)],
      ['of another person', { profile: { ...kakaoUser, id: 3891047282 } }, otherPerson],
      ['without an app', { inspection: { ...kakao, app_id: undefined } }, shapeless],
      ['without an end', { inspection: { ...kakao, expires_in: undefined } }, shapeless],
      ['without a person', { inspection: { ...kakao, id: undefined } }, shapeless],
    ],
  },
  google: {
    said: { inspection: google, profile: googleUser },
    subject: google.sub,
    asks: (call) => {
      expect(call).toMatchObject({ method: 'GET', path: `/google/info?access_token=${TOKEN}` })
      expect(call?.headers.authorization).toBeUndefined()
    },
    bad: [
      ['of another app', { inspection: { ...google, aud: 'x', azp: 'y' } }, otherApp],
      ['of no app', { inspection: { ...google, aud: undefined, azp: null } }, otherApp],
      [
        'of a list of apps',
        { inspection: { ...google, aud: ['client-at-fake'], azp: 1 } },
        otherApp,
      ],
      ['not known', { status: 400, inspection: { error: 'invalid_token' } }, notKnown(400)],
      ['of another person', { profile: { ...googleUser, sub: '1' } }, otherPerson],
      ['without openid', { inspection: { ...google, sub: undefined } }, otherPerson],
      ['of nothing', { inspection: ['client-at-fake'] }, shapeless],
    ],
  },
  github: {
    said: { inspection: github, profile: githubUser },
    subject: '583231',
    asks: (call) => {
      expect(call).toMatchObject({ method: 'POST', path: '/github/check/client-at-fake' })
      expect(call?.headers).toMatchObject({
        authorization: `Basic ${Buffer.from(`client-at-fake:${SECRET}`).toString('base64')}`,
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'latchkey',
      })
      expect(Object.keys(call?.form ?? {})).toEqual([JSON.stringify({ access_token: TOKEN })])
    },
    bad: [
      ['5.04 of another app', { status: 404, inspection: { message: 'Not Found' } }, notKnown(404)],
      ['malformed', { status: 422, inspection: { message: 'Invalid' } }, notKnown(422)],
      [
        '5.04 said to be of another',
        { inspection: { ...github, app: { client_id: 'x' } } },
        otherApp,
      ],
      ['of another person', { profile: { ...githubUser, id: 583232 } }, otherPerson],
      ['of no person', { inspection: { ...github, user: null } }, shapeless],
      ['of no app', { inspection: { ...github, app: null } }, shapeless],
      [
        'checked with a wrong secret',
        { status: 401, inspection: { message: 'Bad credentials' } },
        { status: 503, code: 'provider_error', step: 'token_check' },
      ],
    ],
  },
  facebook: {
    said: { inspection: { data: facebook }, profile: facebookUser },
    subject: facebook.user_id,
    asks: (call) => {
      const query = new URLSearchParams({
        input_token: TOKEN,
        access_token: `client-at-fake|${SECRET}`,
      })
      expect(call).toMatchObject({ method: 'GET', path: `/facebook/debug?${query}` })
      expect(call?.headers.authorization).toBeUndefined()
    },
    bad: [
      ['5.03 of another app', { inspection: { data: { ...facebook, app_id: 'x' } } }, otherApp],
      ['5.03 of an app as number', { inspection: { data: { ...facebook, app_id: 1 } } }, otherApp],
      ['not valid', { inspection: { data: { ...facebook, is_valid: false } } }, notValid],
      ['perhaps valid', { inspection: { data: { ...facebook, is_valid: 'true' } } }, notValid],
      ['not known', { inspection: { data: { error: { code: 190 }, is_valid: false } } }, notValid],
      [
        '5.03 of another viewer',
        { status: 400, inspection: { error: { code: 100 } } },
        notKnown(400),
      ],
      ['5.03 of another person', { profile: { ...facebookUser, id: '2' } }, otherPerson],
      ['of no person', { inspection: { data: { ...facebook, user_id: undefined } } }, otherPerson],
      ['of nothing', { inspection: { data: null } }, shapeless],
    ],
  },
}

/** Aims every provider at paths of its own of the one fake. */
function settings(provider: FakeProvider): Record<string, string> {
  const all: Record<string, string> = {
    KAKAO_APP_ID: '900900',
    GOOGLE_NATIVE_CLIENT_IDS: 'ios-app',
    GOOGLE_ISSUER: provider.issuer,
    KAKAO_TOKEN_INFO_ENDPOINT: `${provider.issuer}/kakao/info`,
    GOOGLE_TOKEN_INFO_ENDPOINT: `${provider.issuer}/google/info`,
    GITHUB_TOKEN_CHECK_ENDPOINT: `${provider.issuer}/github/check/client-at-fake`,
    GITHUB_EMAILS_ENDPOINT: `${provider.issuer}/emails`,
    FACEBOOK_DEBUG_TOKEN_ENDPOINT: `${provider.issuer}/facebook/debug`,
  }
  for (const id of Object.keys(PROVERS)) {
    all[`${id.toUpperCase()}_CLIENT_ID`] = 'client-at-fake'
    all[`${id.toUpperCase()}_CLIENT_SECRET`] = SECRET
    all[`${id.toUpperCase()}_USERINFO_ENDPOINT`] = `${provider.issuer}/userinfo`
  }
  return all
}

/** Lets the provider say this of the next token. */
function say({ status = 200, inspection, profile }: Said) {
  provider.answers.other = { status, body: inspection }
  provider.answers.userinfo = { body: profile }
  provider.answers.emails = { body: [] }
}

const signIn = (id: string, parameters = {}) =>
  exchange(latchkey, TOKEN, {
    ...{ subject_issuer: id, subject_token_type: ACCESS_TOKEN },
    ...parameters,
  })

describe.each(Object.entries(PROVERS))('an access token of %s', (id, prover) => {
  test('for our app signs its person in', async () => {
    say(prover.said)
    const answer = await signIn(id)
    expect(await personOf(latchkey, answer)).toMatchObject({
      identities: [{ provider: id, subject: prover.subject }],
    })
    const steps = provider.calls.map(({ step }) => step).filter((step) => step !== 'discovery')
    // First whose it is; the profile only then.
    expect(steps.slice(0, 2)).toEqual(['other', 'userinfo'])
    prover.asks(provider.calls.find(({ step }) => step === 'other'))
    const asked = provider.calls.find(({ step }) => step === 'userinfo')
    expect(asked?.headers.authorization).toBe(`Bearer ${TOKEN}`)
    expectNoSecretLogged(latchkey, { TOKEN, SECRET })
    // The SDK gives the same token until it ends.
    expect(expectSignedIn(await signIn(id))).toBe(expectSignedIn(answer))
  })

  test.each(prover.bad)('%s is refused', async (_title, changes, { status, ...log }) => {
    say({ ...prover.said, ...changes })
    const rows = await countRows(latchkey)
    const refusal =
      status === 503
        ? { status: 503, error: 'temporarily_unavailable', log }
        : { log: { code: 'invalid_code', ...(status === undefined ? log : { ...log, status }) } }
    await expectTokenRefused(latchkey, refusal, TOKEN, {
      ...{ subject_issuer: id, subject_token_type: ACCESS_TOKEN },
    })
    // What is not for us does not even read the profile.
    if (changes.profile === undefined && log.reason !== 'subject_mismatch') {
      expect(provider.count('userinfo')).toBe(0)
    }
    expect(await countRows(latchkey)).toEqual(rows)
    say(prover.said)
    expectSignedIn(await signIn(id))
  })

  test('is asked about and nothing else is believed: a nonce or an e-mail changes nothing', async () => {
    say(prover.said)
    const sub = expectSignedIn(await signIn(id))
    const told = { nonce: 'n', email: 'boss@example.com', sub: 'boss', id: 'boss' }
    expect(expectSignedIn(await signIn(id, told))).toBe(sub)
  })

  test.each([
    ['failing', { status: 500, body: {} }],
    ['sending a page', { headers: { 'content-type': 'text/html' }, body: '<p>' }],
    ['sending elsewhere', { status: 302, headers: { location: '/userinfo' }, body: {} }],
  ])('while the provider is %s is not refused but put off', async (_title, answer) => {
    say(prover.said)
    provider.answers.other = answer
    expectOAuthError(await signIn(id), 503, 'temporarily_unavailable')
    expect(provider.count('userinfo')).toBe(0)
    say(prover.said)
    expectSignedIn(await signIn(id))
  })

  test('that may not read the profile is refused', async () => {
    say(prover.said)
    provider.answers.userinfo = { status: 401, body: {} }
    const log = { step: 'userinfo', reason: 'not_allowed', status: 401 }
    await expectTokenRefused(latchkey, { log }, TOKEN, {
      ...{ subject_issuer: id, subject_token_type: ACCESS_TOKEN },
    })
    say(prover.said)
    expectSignedIn(await signIn(id))
  })
})

describe('the app', () => {
  const said = (id: string) => PROVERS[id]?.said ?? { inspection: null, profile: null }

  test.each([
    ['aud', { aud: 'ios-app', azp: 'x' }],
    ['azp', { aud: 'x', azp: 'ios-app' }],
    ['aud alone', { aud: 'client-at-fake', azp: undefined }],
  ])('of a Google token is ours by its %s', async (_title, changes) => {
    say({ ...said('google'), inspection: { ...google, ...changes } })
    expectSignedIn(await signIn('google'))
  })

  test('of a Kakao token is never ours while KAKAO_APP_ID is not set', async () => {
    const { KAKAO_APP_ID, ...rest } = settings(provider)
    const without = await startLatchkey(rest)
    const withNative = await startLatchkey({ ...rest, KAKAO_NATIVE_CLIENT_IDS: '900900' })
    const ask = (replica: Latchkey) =>
      exchange(replica, TOKEN, { subject_issuer: 'kakao', subject_token_type: ACCESS_TOKEN })
    try {
      for (const app_id of [900_900, '', 0]) {
        say({ ...said('kakao'), inspection: { ...kakao, app_id } })
        expect((await ask(without)).status).not.toBe(200)
      }
      say(said('kakao'))
      expectSignedIn(await ask(withNative))
    } finally {
      await without.close()
      await withNative.close()
    }
  })
})

test('Facebook’s ids may be numbers, of the app and of the person', async () => {
  const number = { ...facebook, app_id: 138483919580948, user_id: Number(facebook.user_id) }
  const { testDatabase, ...rest } = { testDatabase: latchkey.testDatabase, ...settings(provider) }
  const ask = (replica: Latchkey) =>
    exchange(replica, TOKEN, { subject_issuer: 'facebook', subject_token_type: ACCESS_TOKEN })
  for (const [id, status] of [
    ['138483919580948', 200],
    ['138483919580949', 400],
  ] as const) {
    const replica = await startLatchkey({ ...rest, FACEBOOK_CLIENT_ID: id }, { testDatabase })
    say({ inspection: { data: number }, profile: { ...facebookUser, id: number.user_id } })
    expect((await ask(replica)).status).toBe(status)
    await replica.close()
  }
})

test('the app’s own secret proves the call for the profile at Facebook', async () => {
  say(PROVERS.facebook?.said ?? { inspection: null, profile: null })
  expectSignedIn(await signIn('facebook'))
  const asked = provider.calls.find(({ step }) => step === 'userinfo')
  const { searchParams } = new URL(asked?.path ?? '', provider.issuer)
  const proof = createHmac('sha256', SECRET).update(TOKEN).digest('hex')
  expect(searchParams.get('appsecret_proof')).toBe(proof)
})
