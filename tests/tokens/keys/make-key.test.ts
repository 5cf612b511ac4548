import { expect, test } from 'vitest'
import { createSealer } from '../../../src/core/secrets.ts'
import { makeKey } from '../../../src/tokens/keys/make-key.ts'

test('no kid begins with a dash, which the command that retires a key would take for an option', async () => {
  const sealer = createSealer(['a secret of the tests with more than 32 characters'], 'keys')
  const keys = await Promise.all(Array.from({ length: 500 }, () => makeKey('EdDSA', 0, sealer)))
  const kids = keys.map(({ kid }) => kid)
  expect(kids.filter((kid) => kid.startsWith('-'))).toEqual([])
  // As a thumbprint now and then does: what is inside is not looked at.
  expect(kids.some((kid) => kid.includes('-'))).toBe(true)
})
