import { KeyObject, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Answer, Browser } from './browser.ts'
import type { FakeKey, FakeProvider } from './fake-provider.ts'
import { type Latchkey, startLogin } from './latchkey.ts'
import { expectRefused, unusable } from './refusals.ts'
import type { Stage } from './stage.ts'

/** Makes the ID token of a login from the claims that a correct one would have. */
export type Forge = (claims: Record<string, unknown>) => string | Promise<string>

/** One login whose ID token is made by `forge`; everything else of the provider stays as it is. */
export async function loginWithToken(
  latchkey: Latchkey,
  provider: FakeProvider,
  forge: Forge,
  id = 'fake',
  query = '',
): Promise<Answer> {
  const browser = new Browser()
  const started = await startLogin(latchkey, browser, id, query)
  provider.nonce = started.nonce ?? ''
  const token = await forge(provider.claims())
  const correct = provider.idToken
  provider.idToken = () => token
  try {
    return await browser.send(started.callback())
  } finally {
    provider.idToken = correct
  }
}

/** Lets the provider answer logins that run at once: the nonce of each is its code. */
export function answerByCode(provider: FakeProvider, header: () => object = () => ({})): void {
  provider.answers.token = async (call, response) => {
    // Called first: it may exchange the key.
    const added = header()
    const claims = { ...provider.claims(), nonce: call.form.code }
    const idToken = await provider.sign(claims, provider.keys[0], added)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: 'access-token-of-fake', id_token: idToken }))
  }
}

/** A login at a provider that answers by code, as many at once as one likes. */
export async function loginByCode(
  latchkey: Latchkey,
  id = 'fake',
  browser = new Browser(),
): Promise<Answer> {
  const started = await startLogin(latchkey, browser, id)
  return browser.send(started.callback({ code: started.nonce ?? '' }))
}

/** Text, bytes or JSON as a part of a JWT. */
export function part(content: unknown): string {
  const isRaw = typeof content === 'string' || Buffer.isBuffer(content)
  return Buffer.from(isRaw ? content : JSON.stringify(content)).toString('base64url')
}

/** Signs any header and any payload by RSA and SHA-256, also what a JWT library would refuse to. */
export function signRaw(header: object, payload: unknown, key: FakeKey | KeyObject): string {
  const input = `${part(header)}.${part(payload)}`
  const privateKey = key instanceof KeyObject ? key : KeyObject.from(key.privateKey)
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

/** A row of the threats list with what it does, how the token is made, and the reason in the log. */
export type TokenCase = readonly [title: string, forge: Forge, reason: string]

/**
 * One test for each token: refused for this reason before userinfo is asked, between two logins that
 * succeed with the token that the provider meant to give.
 */
export function refuseEach(stage: Stage, cases: readonly TokenCase[]): void {
  test.each(cases)('%s is refused', async (_title, forge, reason) => {
    const { latchkey, provider } = stage
    const correct: Forge = (claims) => provider.sign(claims)
    expect((await loginWithToken(latchkey, provider, correct)).status).toBe(200)
    await expectRefused(stage, unusable('id_token', reason), () =>
      loginWithToken(latchkey, provider, forge),
    )
    expect((await loginWithToken(latchkey, provider, correct)).status).toBe(200)
  })
}

/** One test for each token that differs from a refused one and must be accepted. */
export function acceptEach(stage: Stage, cases: readonly (readonly [string, Forge])[]): void {
  test.each(cases)('%s is accepted', async (_title, forge) => {
    const { latchkey, provider } = stage
    expect((await loginWithToken(latchkey, provider, forge)).status).toBe(200)
    expect(provider.count('userinfo')).toBe(1)
  })
}

/** A well signed token of this provider whose claims are text that no serializer makes. */
export const signingText =
  (provider: FakeProvider) =>
  (change: (json: string, claims: Record<string, unknown>) => string | Buffer): Forge =>
  (claims) =>
    signRaw(
      { alg: 'RS256', kid: 'key-1' },
      change(JSON.stringify(claims), claims),
      provider.keys[0] as FakeKey,
    )
