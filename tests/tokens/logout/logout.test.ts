import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import { meStatus, refresh } from '../../helpers/apps.ts'
import { Browser } from '../../helpers/browser.ts'
import { BYE, expectSignedOut, setLogoutStage } from '../../helpers/logout.ts'
import { mint, openOwnKeys } from '../../helpers/minting.ts'
import { expectNoSecretLogged, expectProblem } from '../../helpers/problems.ts'

const { provider, latchkey, second, signInWithIdToken, logout, isAlive } = setLogoutStage()
type Given = Record<string, string>

describe.each(['GET', 'POST'])('%s /logout with an id_token_hint', (method) => {
  test('9.19 ends that session on both replicas, and no other', async () => {
    const [tokens, bystander] = [await signInWithIdToken(), await signInWithIdToken()]
    const answer = await logout(method, { id_token_hint: tokens.id_token })
    expectSignedOut(answer)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await meStatus(latchkey, tokens.access_token)).toBe(401)
    expect(await isAlive(tokens)).toBe(false)
    expect((await refresh(second, tokens.refresh_token)).status).toBe(400)
    expect(await isAlive(bystander)).toBe(true)
    expectNoSecretLogged(latchkey, { hint: tokens.id_token })
  })

  test('goes back where its client registered, with the state as it was', async () => {
    const state = '&#%"<> 🧑‍🚀'
    for (const uri of [BYE, 'https://app.example.com/?a=b']) {
      const { id_token } = await signInWithIdToken()
      const given = { id_token_hint: id_token, post_logout_redirect_uri: uri, state }
      const answer = await logout(method, given)
      expect(answer.status).toBe(303)
      expect(answer.headers.get('location')?.startsWith(uri)).toBe(true)
      expect(answer.location?.searchParams.getAll('state')).toEqual([state])
      const plain = await logout(method, { client_id: 'spa', post_logout_redirect_uri: uri })
      expect(plain.headers.get('location')).toBe(uri)
    }
  })

  test.each<[string, Given, RegExp]>([
    ['another client', { client_id: 'other' }, /not the one of the id_token_hint/],
    ['an unknown client', { client_id: 'nobody' }, /not the one/],
    [
      'the page of another client',
      { post_logout_redirect_uri: 'https://other.example.com/bye' },
      /not registered/,
    ],
    ['a near miss', { post_logout_redirect_uri: `${BYE}/` }, /not registered/],
    [
      'a redirect_uri',
      { post_logout_redirect_uri: 'https://app.example.com/cb' },
      /not registered/,
    ],
    ['a state of 2,049 characters', { state: 'a'.repeat(2049) }, /"state"/],
    ['a state with a NUL', { state: 'a\0b' }, /state/],
  ])('%s is refused, and nobody is signed out', async (_name, given, detail) => {
    const tokens = await signInWithIdToken()
    const answer = await logout(method, { id_token_hint: tokens.id_token, ...given })
    expectProblem(answer, 400, 'invalid_request')
    expect(answer.json().detail).toMatch(detail)
    expect(answer.location).toBeNull()
    expect(await isAlive(tokens)).toBe(true)
    await logout(method, { id_token_hint: tokens.id_token, client_id: 'spa' })
    expect(await isAlive(tokens)).toBe(false)
  })

  test('that is no ID token of ours ends nothing', async () => {
    const tokens = await signInWithIdToken()
    const theirs = await provider.sign({ ...provider.claims(), sub: tokens.sub, sid: tokens.sid })
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${tokens.id_token.split('.')[1]}.`
    const [head, body, signature = ''] = tokens.id_token.split('.')
    const flipped = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    for (const hint of [
      tokens.access_token,
      theirs,
      unsigned,
      flipped,
      'x',
      tokens.refresh_token,
    ]) {
      expectSignedOut(await logout(method, { id_token_hint: hint }))
      expect(await isAlive(tokens)).toBe(true)
    }
  })
})

test('an ID token that has expired is a hint still', async () => {
  const [tokens, bystander] = [await signInWithIdToken(), await signInWithIdToken()]
  const { kid } = decodeProtectedHeader(tokens.id_token)
  const key = (await openOwnKeys(latchkey)).find((own) => own.kid === kid)
  if (key === undefined) throw new Error('there is no key')
  const { iat = 0, ...claims } = decodeJwt(tokens.id_token)
  const yesterday = { ...claims, iat: iat - 86_400, exp: iat - 86_000 }
  const hint = await mint(key, yesterday, { typ: 'JWT' })
  expectSignedOut(await logout('GET', { id_token_hint: hint }))
  expect([await isAlive(tokens), await isAlive(bystander)]).toEqual([false, true])
})

test('a person who signs out where no app waits reads so, in their language; a program gets JSON', async () => {
  const bye = (headers: Given, given: Given = {}) => logout('GET', given, new Browser(), headers)
  expectSignedOut(await bye({ accept: 'application/json' }))
  const page = await bye({ accept: 'text/html', 'accept-language': 'ko' })
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(page.headers.get('cache-control')).toBe('no-store')
  expect(page.text).toContain('로그아웃되었습니다')
  expect((await bye({ accept: 'text/html' }, { ui_locales: 'ja' })).text).toContain(
    'ログアウトしました',
  )
})
