import { expect, test } from 'vitest'
import { joinsScopes } from '../../../src/core/client/scope.ts'

test.each([
  'openid profile email',
  'openid  profile ',
  '',
  // Nobody here knows these names: they are ignored, whatever they look like.
  'openid https://api.example.com/read,write a+b x%20y',
  'openid profiles,emails email:read+write',
])('the text %j lists scopes', (text) => expect(joinsScopes(text)).toBe(false))

test.each([
  ['commas, as Laravel Socialite and league/oauth2-client have it', 'openid,profile,email'],
  ['a comma and a space', 'openid, profile'],
  ['a plus that was encoded', 'openid+profile'],
  ['a space that was encoded twice', 'openid%20profile'],
  ['a semicolon, beside a name of nobody', 'profile other;email'],
])('one with %s does not', (_name, text) => expect(joinsScopes(text)).toBe(true))
