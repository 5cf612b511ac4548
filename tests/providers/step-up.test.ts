import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { builtInProviders } from '../../src/providers/index.ts'
import { Browser } from '../helpers/browser.ts'
import { followForms } from '../helpers/forms.ts'
import { loginWithToken } from '../helpers/id-token.ts'
import { startLatchkey } from '../helpers/latchkey.ts'
import { expectProblem } from '../helpers/problems.ts'
import { expectRefused, unusable } from '../helpers/refusals.ts'
import { setStage, useLatchkey } from '../helpers/stage.ts'
import { PROFILE, settings, TOKENS } from './kakao-double.ts'

const latchkey = useLatchkey({ EMULATE: 'all', ACCOUNT_LINKING: 'explicit' })

/** Who can tell when a person authenticated, as an app reads it. */
async function listed(url: string): Promise<string[]> {
  const list = (await (await fetch(`${url}/providers`)).json()) as {
    id: string
    auth_time?: true
  }[]
  return list.filter((one) => one.auth_time).map(({ id }) => id)
}

const stepUp = (id: string, asked: Record<string, string>) => {
  const query = new URLSearchParams({ login_hint: 'minji', scope: 'openid', ...asked })
  return followForms(new Browser(), `${latchkey.url}/login/${id}?${query}`)
}

describe.each(builtInProviders.map(({ id }) => id))('a step-up at %s', (id) => {
  test.each([[{ max_age: '60' }], [{ prompt: 'login' }], [{ max_age: '60', prompt: 'login' }]])(
    'by %j signs in with auth_time where the list says so, else it is login_required',
    async (asked) => {
      const answer = await stepUp(id, asked)
      if (!(await listed(latchkey.url)).includes(id)) {
        expectProblem(answer, 400, 'login_required')
        return
      }
      expect(answer.status, answer.text).toBe(200)
      const told = Number(decodeJwt(answer.json().id_token as string).auth_time)
      expect(Math.abs(Date.now() / 1000 - told)).toBeLessThan(30)
    },
  )
})

describe('kakao, whose console decides on ID tokens where no scope is sent', () => {
  const stage = setStage({
    prepare: (provider) => {
      provider.subject = String(PROFILE.id)
    },
    aim: (provider) => ({
      ...settings(provider),
      KAKAO_ISSUER: provider.issuer,
      KAKAO_JWKS_URI: `${provider.issuer}/jwks`,
    }),
  })
  const now = () => Math.floor(Date.now() / 1000)
  const signIn = (asked: string, claims: Record<string, unknown> | null) => {
    const { latchkey: at, provider } = stage
    provider.answers.userinfo = { body: PROFILE }
    if (claims === null) provider.answers.token = { body: TOKENS }
    const token = (correct: Record<string, unknown>) => provider.sign({ ...correct, ...claims })
    return loginWithToken(at, provider, token, 'kakao', asked)
  }
  const PROOF = '?scope=openid&max_age=60'

  test('an ID token that comes is verified where the app asks when, with the nonce', async () => {
    const answer = await signIn(PROOF, { auth_time: now() })
    expect(answer.status, answer.text).toBe(200)
    expect(decodeJwt(answer.json().id_token as string).auth_time).toBeGreaterThan(now() - 30)
    await expectRefused(stage, unusable('id_token', 'claim_nonce'), () =>
      signIn(PROOF, { auth_time: now(), nonce: 'another' }),
    )
  })

  test('one of long ago, or none, is login_required', async () => {
    expectProblem(await signIn(PROOF, { auth_time: now() - 600 }), 400, 'login_required')
    expectProblem(await signIn(PROOF, {}), 400, 'login_required')
    expectProblem(await signIn(PROOF, null), 400, 'login_required')
  })

  test('control: where nobody asks when, no nonce is sent and no ID token looked at', async () => {
    const plain = await signIn('?scope=openid', { nonce: 'another' })
    expect(plain.status, plain.text).toBe(200)
    expect((await signIn('?max_age=60', { nonce: 'another' })).status).toBe(200)
  })

  test('with scopes that lack openid there is none: the list says so, and the app is told at once', async () => {
    const app = await startLatchkey({
      ...settings(stage.provider),
      KAKAO_SCOPES: 'profile_nickname',
    })
    try {
      expect(await listed(app.url)).toEqual([])
      const answer = await new Browser().send(`${app.url}/login/kakao${PROOF}`)
      expectProblem(answer, 400, 'login_required')
      expect(await listed(stage.latchkey.url)).toEqual(['kakao'])
    } finally {
      await app.close()
    }
  })
})
