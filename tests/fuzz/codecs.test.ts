import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AuthorizationRequest } from '../../src/core/client/authorization-request.ts'
import { createTokenSealer } from '../../src/core/provider/provider-tokens.ts'
import { createSealer } from '../../src/core/secrets.ts'
import { createFormUsers } from '../../src/login/finish/form-post.ts'
import { createFlowCookies, type Flow } from '../../src/login/flow.ts'
import { createResumableStates, randomPart } from '../../src/login/ways-on/resumable-state.ts'
import { createTokenFamilies } from '../../src/tokens/grants/token-family.ts'
import { again, cases, nastyText, spoiled } from './fuzz.ts'

const SECRETS = [
  'the first secret with more than 32 characters',
  'another secret of more than 32 characters',
]
const sealer = createSealer(SECRETS, 'fuzz')
const older = createSealer([...SECRETS].reverse(), 'fuzz')
const foreign = createSealer(['a secret that nobody here has, 32 characters'], 'fuzz')
const otherPurpose = createSealer(SECRETS, 'fuzz of another purpose')

/** How a sealed text is spoiled: where, in which way, with which letter. */
const spoiling = fc.tuple(
  fc.nat(5_000),
  fc.nat(3),
  fc.constantFrom('A', 'z', '0', '-', '_', '.', '=', '+', ' ', '\u0000', 'é'),
)
/** A whole text in UTF-8. */
const text = nastyText.map((one) => one.toWellFormed())
const short = text.map((one) => one.slice(0, 60).toWellFormed())
const uuid = fc.uuid()

describe(`a sealed value ${again}`, () => {
  test('is opened as it was, by whoever has one of its secrets', () => {
    fc.assert(
      fc.property(text, text, (value, context) => {
        for (const one of [sealer, older]) {
          expect(sealer.open(one.seal(value, context), context)).toBe(value)
          expect(sealer.openCompact(one.sealCompact(value, context), context)).toBe(value)
        }
      }),
      cases(300),
    )
  })

  test('is nothing once it is changed, in another context, for another purpose, or by a stranger', () => {
    fc.assert(
      fc.property(text, text, text, spoiling, (value, context, other, how) => {
        const sealed = sealer.seal(value, context)
        expect(sealer.open(spoiled(sealed, ...how), context)).toBeNull()
        const compact = sealer.sealCompact(value, context)
        expect(sealer.openCompact(spoiled(compact, ...how), context)).toBeNull()
        if (other !== context) expect(sealer.open(sealed, other)).toBeNull()
        expect(otherPurpose.open(sealed, context)).toBeNull()
        expect(foreign.open(sealed, context)).toBeNull()
        expect(sealer.open(foreign.seal(value, context), context)).toBeNull()
        expect(sealer.open(value, context)).toBeNull()
      }),
      cases(300),
    )
  })
})

const flow: fc.Arbitrary<Flow> = fc.record({
  provider: fc.constantFrom('google', 'kakao', 'corp-1'),
  state: fc.constant(0).map(() => randomBytes(16).toString('base64url')),
  nonce: fc.constant(0).map(() => randomBytes(32).toString('base64url')),
  verifier: fc.constantFrom(null, 'v'.repeat(43)),
  expiresAt: fc.integer({ min: 2_000, max: 2 ** 45 }),
  sessionId: uuid,
  seed: fc.constant(0).map(() => randomBytes(16).toString('base64url')),
  isSecondTry: fc.boolean(),
  client: fc.record({
    id: short,
    scope: short,
    nonce: fc.option(short, { nil: null }),
    resource: fc.option(short, { nil: null }),
    redirectUri: fc.option(fc.webUrl(), { nil: null }),
    state: fc.option(text, { nil: null }),
    codeChallenge: fc.option(short, { nil: null }),
    responseMode: fc.constantFrom('query', 'form_post', 'web_message', 'cookie'),
    intent: fc.constantFrom('link', null),
    uiLocales: fc.option(short, { nil: null }),
    maxAge: fc.option(fc.nat(), { nil: null }),
    prompt: fc.option(short, { nil: null }),
    hinted: fc.option(uuid, { nil: null }),
  }),
}) as fc.Arbitrary<Flow>

test(`a flow is found again by its state in its own cookie, and nowhere else ${again}`, () => {
  const cookies = createFlowCookies(sealer, 'https://login.example.com')
  fc.assert(
    fc.property(flow, flow, spoiling, nastyText, (mine, other, how, garbage) => {
      const [cookie] = cookies.start(mine, {}, 1_000)
      if (cookie === undefined) throw new Error('no cookie')
      const { name, value } = cookie
      expect(cookies.find(mine.state, { [name]: value }, 1_000)).toEqual(mine)
      // Once it is over, changed, of another flow or none at all.
      expect(cookies.find(mine.state, { [name]: value }, mine.expiresAt)).toBeNull()
      expect(cookies.find(mine.state, { [name]: spoiled(value, ...how) }, 1_000)).toBeNull()
      expect(cookies.find(other.state, { [name]: value }, 1_000)).toBeNull()
      const [foreignCookie] = cookies.start(other, {}, 1_000)
      expect(cookies.find(mine.state, { [name]: foreignCookie?.value }, 1_000)).toBeNull()
      expect(cookies.find(garbage, { [name]: value, [garbage]: garbage }, 1_000)).toBeNull()
      expect(cookies.under('nowhere', { [name]: garbage, [garbage]: value }, 1_000)).toEqual([])
    }),
    cases(200),
  )
})

test(`a request that is kept in a state comes out as it was, for its own provider and state only ${again}`, () => {
  const states = createResumableStates(sealer)
  const asked = fc.record(
    {
      client_id: short,
      redirect_uri: fc.webUrl(),
      state: short,
      scope: fc.constantFrom('openid', 'openid profile email'),
      nonce: short,
      ui_locales: fc.constantFrom('en', 'ko ja'),
    },
    { requiredKeys: ['client_id', 'redirect_uri'] },
  ) as fc.Arbitrary<AuthorizationRequest>
  const random = () => randomBytes(16).toString('base64url')
  fc.assert(
    fc.property(asked, spoiling, nastyText, (request, how, garbage) => {
      const made = random()
      const state = states.add(made, 'google', request)
      expect(randomPart(state)).toBe(made)
      expect(state.length).toBeLessThanOrEqual(480)
      const read = states.read(state, 'google')
      // What does not fit is left out, and what does not fit the schema was never let in.
      if (read !== null) expect(request).toMatchObject(read)
      expect(states.read(state, 'kakao')).toBeNull()
      expect(states.read(spoiled(state, ...how), 'google')).toBeNull()
      expect(states.read(random() + state.slice(22), 'google')).toBeNull()
      expect(states.read(garbage, 'google')).toBeNull()
    }),
    cases(200),
  )
})

test(`a provider's tokens are opened for their own identity only, and a part that is changed is gone ${again}`, () => {
  const tokens = createTokenSealer(sealer)
  const kept = fc.record({
    access: fc.record({
      token: text,
      expiresAt: fc.option(fc.nat(), { nil: null }),
      scope: fc.option(text, { nil: null }),
      idToken: fc.option(text, { nil: null }),
    }),
    refreshToken: text,
  })
  const identity = fc.record({ provider: short, issuer: short, subject: short })
  fc.assert(
    fc.property(kept, identity, identity, spoiling, (grant, owner, other, how) => {
      const sealed = tokens.seal(grant, owner)
      expect(tokens.open(sealed, owner)).toEqual(grant)
      if (JSON.stringify(other) !== JSON.stringify(owner))
        expect(tokens.open(sealed, other)).toBeNull()
      const access = spoiled(sealed.access ?? '', ...how)
      expect(tokens.open({ ...sealed, access }, owner)).toEqual({ ...grant, access: null })
      // Neither part stands for the other.
      expect(
        tokens.open({ access: sealed.refreshToken, refreshToken: sealed.access }, owner),
      ).toBeNull()
    }),
    cases(200),
  )
})

test(`the user of a form_post callback is opened with its own state only ${again}`, () => {
  const users = createFormUsers(sealer)
  fc.assert(
    fc.property(text, text, text, spoiling, (user, state, other, how) => {
      const asJson = JSON.stringify({ user })
      const sealed = users.seal(asJson, state)
      expect(users.open(sealed, state)).toEqual({ user })
      expect(users.open(spoiled(sealed, ...how), state)).toBeNull()
      if (other !== state) expect(users.open(sealed, other)).toBeNull()
      // What is no JSON counts as absent.
      expect(() => users.open(users.seal(user, state), state)).not.toThrow()
    }),
    cases(200),
  )
})

test(`a token of ours names its session, and no token that is changed names any ${again}`, () => {
  const families = createTokenFamilies(SECRETS)
  const strangers = createTokenFamilies(['a secret that nobody here has, 32 characters'])
  fc.assert(
    fc.property(text, uuid, spoiling, nastyText, (seed, sessionId, how, garbage) => {
      const [code] = families.codesOf(seed, sessionId)
      const [first] = families.firstOf(code, sessionId)
      const [second] = families.successorsOf(first, sessionId)
      expect(new Set([code, first, second]).size).toBe(3)
      const tokens = [first, second].map((token) => [token, 'sessionOfToken'] as const)
      for (const [token, sessionOf] of [[code, 'sessionOfCode'] as const, ...tokens]) {
        expect(families[sessionOf](token)).toBe(sessionId)
        expect(families[sessionOf](spoiled(token, ...how))).toBeNull()
        expect(strangers[sessionOf](token)).toBeNull()
      }
      // The halves of two tokens make no third.
      const [mixed] = [`${first.split('.')[0]}.${second.split('.')[1]}`]
      expect(families.sessionOfToken(mixed ?? '')).toBeNull()
      expect(families.sessionOfToken(garbage)).toBeNull()
      // And the same thing gives the same token again.
      expect(families.successorsOf(first, sessionId)[0]).toBe(second)
    }),
    cases(200),
  )
})
