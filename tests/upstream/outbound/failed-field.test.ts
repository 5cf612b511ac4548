import { describe, expect, test } from 'vitest'
import { explain } from '../../../src/commands/doctor/diagnosis.ts'
import { Browser } from '../../helpers/browser.ts'
import { login } from '../../helpers/latchkey.ts'
import { lastProblem } from '../../helpers/problems.ts'
import { setStage } from '../../helpers/stage.ts'

const SECRET = 'a-value-that-is-nobodys-business'

describe('which field of a provider’s document failed', () => {
  const stage = setStage()

  test.each<[string, () => void, Record<string, unknown>]>([
    [
      'of tokens',
      () => {
        stage.provider.token = (document) => ({ ...document, token_type: SECRET })
      },
      { step: 'token', reason: 'shape', field: 'token_type' },
    ],
    [
      'of two fields of tokens',
      () => {
        stage.provider.token = () => ({ token_type: SECRET, x: SECRET })
      },
      { step: 'token', reason: 'shape', field: 'access_token, token_type' },
    ],
    [
      'of userinfo',
      () => {
        stage.provider.userinfo = (document) => ({ ...document, sub: [SECRET] })
      },
      { step: 'profile', reason: 'shape', field: 'sub' },
    ],
    [
      'of an ID token',
      () => {
        stage.provider.idToken = (claims) => ({ ...claims, azp: [SECRET] })
      },
      { step: 'id_token', reason: 'claim_azp' },
    ],
  ])('stands in the log by its path, and no value does: %s', async (_title, play, log) => {
    const { latchkey, provider } = stage
    play()
    expect((await login(latchkey, provider)).status).toBe(502)
    expect(lastProblem(latchkey)).toMatchObject(log)
    expect(latchkey.logs.join('')).not.toContain(SECRET)
  })
})

describe('an API that refuses after a good exchange', () => {
  const stage = setStage({
    aim: ({ issuer }) => ({
      X_CLIENT_ID: 'client-at-fake',
      X_CLIENT_SECRET: 'secret-at-fake',
      X_AUTHORIZATION_ENDPOINT: `${issuer}/authorize`,
      X_TOKEN_ENDPOINT: `${issuer}/token`,
      X_USERINFO_ENDPOINT: `${issuer}/userinfo`,
    }),
  })

  test.each([
    [403, { title: 'Client Forbidden', reason: 'client-not-enrolled' }, 'client-not-enrolled'],
    [402, { title: 'CreditsDepleted', detail: SECRET }, 'CreditsDepleted'],
  ])('X, %i: its code is in the log, and the doctor explains it', async (status, body, error) => {
    const { latchkey, provider } = stage
    provider.answers.userinfo = { status, body }
    const answer = await login(latchkey, provider, new Browser(), 'x')
    expect([answer.status, answer.json().code]).toEqual([502, 'provider_error'])
    expect(lastProblem(latchkey)).toMatchObject({ step: 'userinfo', status, error })
    expect(latchkey.logs.join('')).not.toContain(SECRET)
    expect(explain(`userinfo ${status} ${error}`, 'en')).toMatchObject({ exitCode: 0 })
    expect(explain(`userinfo ${status} ${error}`, 'en').text).toContain(`${error} (X): `)
  })

  test('a text in place of a code is not repeated', async () => {
    const { latchkey, provider } = stage
    provider.answers.userinfo = { status: 403, body: { title: `${SECRET} and more` } }
    expect((await login(latchkey, provider, new Browser(), 'x')).status).toBe(502)
    expect(lastProblem(latchkey)).not.toHaveProperty('error')
    expect(latchkey.logs.join('')).not.toContain(SECRET)
  })
})
