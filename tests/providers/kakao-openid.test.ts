import { describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { makeKey } from '../helpers/fake-provider.ts'
import { loginWithToken } from '../helpers/id-token.ts'
import { login } from '../helpers/latchkey.ts'
import { expectRefused, unusable } from '../helpers/refusals.ts'
import { setStage } from '../helpers/stage.ts'
import { playWire } from '../helpers/wire.ts'
import { PROFILE, settings, TOKENS } from './kakao-double.ts'

describe('kakao with the scope openid', () => {
  const stage = setStage({
    prepare: (provider) => {
      provider.subject = '3891047281'
    },
    aim: (provider) => ({
      ...settings(provider),
      KAKAO_SCOPES: 'openid,profile_nickname',
      KAKAO_ISSUER: provider.issuer,
      KAKAO_JWKS_URI: `${provider.issuer}/jwks`,
    }),
  })
  const signIn = () => login(stage.latchkey, stage.provider, new Browser(), 'kakao')
  const profile = (id: number) => {
    stage.provider.answers.userinfo = { body: { ...PROFILE, id } }
  }

  test('a nonce is sent and the ID token verified', async () => {
    profile(PROFILE.id)
    const { authorization, user } = await playWire(stage, 'kakao')
    expect(authorization).toEqual({
      client_id: 'client-at-fake',
      scope: 'openid,profile_nickname',
      nonce: 'fresh',
    })
    expect(user).toMatchObject({ identities: [{ subject: '3891047281' }] })
    expect(stage.provider.count('discovery')).toBe(0)
  })

  test('an ID token of another key, issuer or login is refused', async () => {
    profile(PROFILE.id)
    const { latchkey, provider } = stage
    const other = await makeKey('key-1')
    for (const [reason, claims, key] of [
      ['signature', {}, other],
      ['claim_iss', { iss: 'https://kauth.kakao.com' }, provider.keys[0]],
      ['claim_nonce', { nonce: 'another' }, provider.keys[0]],
      ['claim_aud', { aud: 'native-app-key' }, provider.keys[0]],
    ] as const) {
      await expectRefused(stage, unusable('id_token', reason), () =>
        loginWithToken(
          latchkey,
          provider,
          (correct) => provider.sign({ ...correct, ...claims }, key),
          'kakao',
        ),
      )
      expect((await signIn()).status).toBe(200)
    }
  })

  test('the id of the profile must be the sub of the ID token', async () => {
    profile(PROFILE.id + 1)
    await expectRefused(stage, unusable('userinfo', 'subject_mismatch'), signIn)
    profile(PROFILE.id)
    expect((await signIn()).status).toBe(200)
  })

  test('an app without OpenID Connect switched on gives no ID token, and that is accepted', async () => {
    profile(PROFILE.id)
    stage.provider.answers.token = { body: TOKENS }
    expect((await signIn()).status).toBe(200)
  })
})
