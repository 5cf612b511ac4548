import { deepStrictEqual } from 'node:assert/strict'
import { APP, ask, beginForApp, finishForApp, forEach, signIn, token } from '../load.ts'
import type { Measured } from '../meter.ts'

/**
 * Sees that two servers answer a login, `/token`, a refresh and `/me` with the same members, in their
 * tokens too: what leaves something out is no fair minimum.
 *
 * @throws where they differ.
 */
export async function requireSameAnswers(a: Measured, b: Measured): Promise<void> {
  deepStrictEqual(await membersOf(b.server.url), await membersOf(a.server.url))
}

async function membersOf(url: string): Promise<unknown> {
  const [found] = await forEach(url, ['person-1'], async (pool, sub) => {
    const login = await signIn(pool, { sub, provider: 'bench' })
    const scope = 'openid profile email account offline_access'
    const begun = await beginForApp(pool, { sub, provider: 'bench' }, scope)
    const redeemed = await token(pool, {
      grant_type: 'authorization_code',
      code: await finishForApp(pool, begun),
      redirect_uri: APP.redirectUri,
      code_verifier: begun.verifier,
    })
    const { access_token, refresh_token } = redeemed
    const refreshed = await token(pool, { grant_type: 'refresh_token', refresh_token })
    const { body } = await ask(pool, 200, {
      method: 'GET',
      path: '/me',
      headers: { authorization: `Bearer ${access_token}`, origin: APP.origin },
    })
    return [login, redeemed, refreshed, JSON.parse(body)]
  })
  return shapeOf(found)
}

/** The names of all members, a token's claims among them; no value. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf)
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, member]) => [name, shapeOf(member)])
    return Object.fromEntries(members.sort())
  }
  const [, claims] = typeof value === 'string' ? (/^ey[\w-]+\.(ey[\w-]+)\./.exec(value) ?? []) : []
  if (claims === undefined) return typeof value
  return shapeOf(JSON.parse(Buffer.from(claims, 'base64url').toString()))
}
