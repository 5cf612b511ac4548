import Fastify from 'fastify'
import { createLocalJWKSet, createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { login } from '../helpers/latchkey.ts'
import { setStage } from '../helpers/stage.ts'

const ROTATION_SECONDS = 4
const RUN_MS = 10_500
/** A machine that stood still for longer than a key is ahead, or than a token lives, shows nothing. */
const STOOD_STILL_MS = 250

const { provider, latchkey } = setStage({
  settings: { SIGNING_KEY_ROTATION: `${ROTATION_SECONDS}s`, ACCESS_TOKEN_TTL: '3s' },
})

/** An API as the README has it, on a port of its own. */
async function startApi(keys: JWTVerifyGetKey) {
  const api = Fastify()
  api.get('/orders', async (request, reply) => {
    try {
      const token = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        issuer: latchkey.url,
        audience: latchkey.url,
        typ: 'at+jwt',
      })
      return { sub: payload.sub, kid: protectedHeader.kid }
    } catch (error) {
      return reply.code(401).send({ code: (error as { code: string }).code })
    }
  })
  const url = await api.listen({ host: '127.0.0.1', port: 0 })
  return {
    close: () => api.close(),
    async call(token: string) {
      const answer = await fetch(`${url}/orders`, { headers: { authorization: `Bearer ${token}` } })
      return { status: answer.status, body: (await answer.json()) as Record<string, string> }
    },
  }
}

/** A signed-in client that renews its token as late as it can. */
async function startClient() {
  const signedIn = (await login(latchkey, provider)).json()
  let accessToken = String(signedIn.access_token)
  let refreshToken = String(signedIn.refresh_token)
  return {
    /** A token that is good for some time yet, be it less than a second. */
    async token(): Promise<string> {
      const [, body = ''] = accessToken.split('.')
      const { exp } = JSON.parse(Buffer.from(body, 'base64url').toString())
      if (exp * 1000 - Date.now() > 700) return accessToken
      const answer = await fetch(`${latchkey.url}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          client_id: 'latchkey',
          refresh_token: refreshToken,
        }),
      })
      const tokens = (await answer.json()) as Record<string, string>
      accessToken = tokens.access_token ?? ''
      refreshToken = tokens.refresh_token ?? ''
      return accessToken
    },
  }
}

test('an API goes through key rotations under steady requests without one failure', async () => {
  const address = new URL(`${latchkey.url}/.well-known/jwks.json`)
  // The defaults of jose (keys kept 10 minutes, 30 seconds between lookups of an unknown key) beside a
  // key that is published 15 minutes ahead, as short as a key that is published one second ahead.
  const ahead = ROTATION_SECONDS / 4 / 900
  const usual = await startApi(
    createRemoteJWKSet(address, {
      cacheMaxAge: 600_000 * ahead,
      cooldownDuration: 30_000 * ahead,
    }),
  )
  // One that never looks up an unknown key: it lives by the time ahead alone.
  const patient = await startApi(
    createRemoteJWKSet(address, { cacheMaxAge: 600_000 * ahead, cooldownDuration: 3_600_000 }),
  )
  // One that keeps the first keys for good.
  const first = (await (await fetch(address)).json()) as { keys: { kid: string }[] }
  const frozen = await startApi(createLocalJWKSet(first as never))
  const apis = [usual, patient, frozen]
  try {
    const clients = [await startClient(), await startClient(), await startClient()]
    const kids = new Set<string>()
    const failures: unknown[] = []
    let count = 0
    const frozenAnswers: { status: number; kid: string | undefined; code: string | undefined }[] =
      []
    const end = Date.now() + RUN_MS
    let last = Date.now()
    await Promise.all(
      clients.map(async (client, place) => {
        // Out of step with each other.
        await new Promise((resolve) => setTimeout(resolve, place * 300))
        // On a slow machine longer, until the third key has signed.
        while (Date.now() < end || (kids.size < 3 && Date.now() < end + RUN_MS)) {
          const began = last
          const token = await client.token()
          for (const api of [usual, patient]) {
            const answer = await api.call(token)
            last = Date.now()
            count += 1
            if (answer.status === 200) kids.add(answer.body.kid ?? '')
            else if (last - began < STOOD_STILL_MS) failures.push(answer.body)
          }
          const { status, body } = await frozen.call(token)
          frozenAnswers.push({ status, kid: body.kid, code: body.code })
          await new Promise((resolve) => setTimeout(resolve, 15))
        }
      }),
    )
    expect(failures).toEqual([])
    expect(count).toBeGreaterThan(50)
    expect(kids.size).toBeGreaterThanOrEqual(3)
    // The keys did change: whoever keeps them for good is lost, and only then.
    const known = new Set(first.keys.map(({ kid }) => kid))
    expect(frozenAnswers[0]).toMatchObject({ status: 200 })
    for (const { status, kid, code } of frozenAnswers) {
      if (status === 200) expect(known).toContain(kid)
      else expect(code).toBe('ERR_JWKS_NO_MATCHING_KEY')
    }
    expect(frozenAnswers.at(-1)).toMatchObject({ status: 401 })

    // And the API still says no: to a token whose signature is another's, and to one that is over.
    const token = await clients[0]?.token()
    const [head, body] = String(token).split('.')
    const forged = `${head}.${body}.${Buffer.alloc(64, 1).toString('base64url')}`
    expect(await usual.call(forged)).toEqual({
      status: 401,
      body: { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' },
    })
    expect(await usual.call(String(token))).toMatchObject({ status: 200 })
    await new Promise((resolve) => setTimeout(resolve, 3_100))
    expect(await usual.call(String(token))).toEqual({
      status: 401,
      body: { code: 'ERR_JWT_EXPIRED' },
    })
  } finally {
    for (const api of apis) await api.close()
  }
}, 40_000)
