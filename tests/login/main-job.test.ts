import { createRemoteJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { askMe } from '../helpers/apps.ts'
import { login } from '../helpers/latchkey.ts'
import { setStage } from '../helpers/stage.ts'

describe('the main job', () => {
  const { provider, latchkey } = setStage()

  test('a login answers with tokens and the user, and the token opens /me', async () => {
    const answer = await login(latchkey, provider)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const body = answer.json()
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600 })
    const me = await askMe(latchkey, body.access_token)
    expect(me.status).toBe(200)
    expect(me.json()).toEqual(body.user)
    expect(me.json()).toMatchObject({
      name: 'Person One',
      email: 'person.one@example.com',
      identities: [{ provider: 'fake', subject: 'person-1' }],
    })
  })

  test('a standard library verifies the access token by the published keys', async () => {
    const { access_token: token, user } = (await login(latchkey, provider)).json()
    const keys = createRemoteJWKSet(new URL(`${latchkey.url}/.well-known/jwks.json`))
    const { payload, protectedHeader } = await jwtVerify(String(token), keys, {
      issuer: latchkey.url,
      audience: latchkey.url,
      typ: 'at+jwt',
    })
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'at+jwt' })
    expect(payload.sub).toBe((user as { sub: string }).sub)
    expect(Object.keys(payload).sort()).toEqual(
      ['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'scope', 'sid', 'sub'].sort(),
    )
  })
})
