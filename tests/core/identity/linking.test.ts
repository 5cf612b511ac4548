import { describe, expect, test } from 'vitest'
import {
  decideLink,
  type LinkCandidate,
  linkableEmail,
  refuseSignUp,
} from '../../../src/core/identity/linking.ts'
import type { Profile } from '../../../src/core/identity/profile.ts'

const profile: Profile = {
  subject: '1',
  email: 'Ann@Example.com',
  emailVerified: true,
  name: null,
  picture: null,
  locale: null,
}

const ann: LinkCandidate = {
  userId: 'ann',
  email: 'ann@example.com',
  hasIdentityAtProvider: false,
  hasUnlinkedIt: false,
  disabled: false,
}

describe('whether a first login may look for an existing user', () => {
  test('a verified address of a trusted provider may, in ASCII lower case', () => {
    expect(linkableEmail('verified', profile, true)).toEqual({
      email: 'ann@example.com',
      reason: 'nobody_with_this_email',
    })
  })

  test.each([
    ['linking_is_explicit', 'explicit', profile, true],
    ['no_email', 'verified', { ...profile, email: null, emailVerified: false }, true],
    ['email_not_verified', 'verified', { ...profile, emailVerified: false }, true],
    ['provider_not_trusted', 'verified', profile, false],
  ] as const)('it makes a new user: %s', (reason, mode, changed, trusted) => {
    expect(linkableEmail(mode, changed, trusted)).toEqual({
      email: null,
      reason,
    })
  })

  test('a letter outside ASCII is not folded', () => {
    const email = 'MıKE\u212A@example.com'
    expect(linkableEmail('verified', { ...profile, email }, true)).toEqual({
      email: 'mıke\u212A@example.com',
      reason: 'nobody_with_this_email',
    })
  })
})

describe('which user a first login joins', () => {
  const join = { action: 'join', userId: 'ann', reason: 'same_verified_email' }
  const create = (reason: string) => ({ action: 'create', reason })

  test('the only holder of the address', () => {
    expect(decideLink('ann@example.com', [ann])).toEqual(join)
  })

  test('the only holder, written in other ASCII case', () => {
    expect(decideLink('ann@example.com', [{ ...ann, email: 'ANN@EXAMPLE.COM' }])).toEqual(join)
  })

  test('nobody where there is no holder', () => {
    expect(decideLink('ann@example.com', [])).toEqual(create('nobody_with_this_email'))
  })

  test('nobody where a store gives a holder of another address', () => {
    const other = { ...ann, email: 'ann@example.org' }
    expect(decideLink('ann@example.com', [other])).toEqual(create('nobody_with_this_email'))
    expect(decideLink('ann@example.com', [other, ann])).toEqual(join)
  })

  test('nobody where the holder has an identity at this provider already', () => {
    expect(decideLink('ann@example.com', [{ ...ann, hasIdentityAtProvider: true }])).toEqual(
      create('user_has_identity_at_provider'),
    )
  })

  test('nobody where the holder has taken this identity away before', () => {
    expect(decideLink('ann@example.com', [{ ...ann, hasUnlinkedIt: true }])).toEqual(
      create('user_has_unlinked_it'),
    )
  })

  test('nobody where several users hold the address', () => {
    expect(decideLink('ann@example.com', [ann, { ...ann, userId: 'ben' }])).toEqual(
      create('several_users_with_this_email'),
    )
  })

  test.each([
    ['alone', [{ ...ann, disabled: true }]],
    [
      'beside others',
      [
        { ...ann, userId: 'ben' },
        { ...ann, disabled: true },
      ],
    ],
    ['with an identity here already', [{ ...ann, disabled: true, hasIdentityAtProvider: true }]],
  ])('a disabled holder, %s, is refused', (_, candidates) => {
    expect(decideLink('ann@example.com', candidates)).toEqual({
      action: 'refuse',
      reason: 'user_disabled',
    })
  })

  test('a disabled holder of another address refuses nobody', () => {
    const other = { ...ann, email: 'ann@example.org', disabled: true }
    expect(decideLink('ann@example.com', [ann, other])).toEqual(join)
  })
})

describe('whether somebody unknown may sign up', () => {
  test('everybody where it is open, nobody where it is closed', () => {
    expect(refuseSignUp('open', { ...profile, email: null }, false)).toBeNull()
    expect(refuseSignUp('closed', profile, true)).toBe('sign_up_closed')
  })

  test.each([
    ['an address at the domain', profile, true, null],
    ['one that is written in capitals', { ...profile, email: 'ANN@EXAMPLE.COM' }, true, null],
    ['one at a subdomain', { ...profile, email: 'ann@a.example.com' }, true, 'sign_up_domain'],
    ['one at a longer name', { ...profile, email: 'ann@notexample.com' }, true, 'sign_up_domain'],
    ['one that is not verified', { ...profile, emailVerified: false }, true, 'sign_up_domain'],
    ['one of which nothing was told', { ...profile, emailVerified: null }, true, 'sign_up_domain'],
    ['one that an untrusted provider calls verified', profile, false, 'sign_up_domain'],
    ['no address', { ...profile, email: null, emailVerified: false }, true, 'sign_up_domain'],
  ] as const)('with a list of domains: %s', (_, who, isTrusted, refusal) => {
    expect(refuseSignUp(['example.org', 'example.com'], who, isTrusted)).toBe(refusal)
  })
})
