import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { askMe, signIn } from '../helpers/apps.ts'
import type { Answer } from '../helpers/browser.ts'
import type { Latchkey } from '../helpers/latchkey.ts'
import { revocations, until, untilOutboxEmpty } from '../helpers/leaving.ts'
import { getLinkCode, linkByCode, setLinkStage } from '../helpers/linking.ts'

// Two accounts without an address, so that nothing but linking by hand joins them.
const stage = setLinkStage('http://localhost:3986', () => ({ name: 'Person' }))
const { provider, second } = stage
let latchkey: Latchkey
beforeAll(() => {
  latchkey = stage.latchkey
})
beforeEach(() => {
  provider.token = (document) => ({ ...document, refresh_token: 'refresh-token-of-fake' })
  second.token = (document) => ({ ...document, refresh_token: 'refresh-token-of-second' })
})

const unlink = (token: string, id: string): Promise<Answer> =>
  askMe(latchkey, token, `/identities/${id}`, 'DELETE')

/** Signs in at `fake` and links `second`. */
async function signInAndLink() {
  const tokens = await signIn(latchkey, provider)
  const code = await getLinkCode(latchkey, second, 'second')
  expect((await linkByCode(latchkey, tokens.access_token, code)).status).toBe(200)
  return tokens
}

describe('an identity that is unlinked', () => {
  test('has its grant revoked at its provider, also one that was linked by hand', async () => {
    const { access_token } = await signInAndLink()
    expect((await unlink(access_token, 'second')).status).toBe(204)
    await until(() => expect(revocations(second)).toHaveLength(1))
    expect(revocations(second)[0]?.form.token).toBe('refresh-token-of-second')
    expect(revocations(provider)).toEqual([])
    await untilOutboxEmpty(latchkey)
  })

  test('keeps it where it stays, being the last one', async () => {
    const { access_token } = await signIn(latchkey, provider)
    expect((await unlink(access_token, 'fake')).status).toBe(409)
    await untilOutboxEmpty(latchkey)
    expect(revocations(provider)).toEqual([])
  })
})

describe('an identity that is linked anew without a refresh token', () => {
  const linkAnew = async (access_token: string) => {
    second.token = (document) => document
    const code = await getLinkCode(latchkey, second, 'second')
    expect((await linkByCode(latchkey, access_token, code)).status).toBe(200)
    expect((await unlink(access_token, 'second')).status).toBe(204)
    await until(() => expect(revocations(second)).toHaveLength(1))
    await untilOutboxEmpty(latchkey)
    return revocations(second)[0]?.form
  }

  test('keeps the one that it had', async () => {
    const { access_token } = await signInAndLink()
    expect(await linkAnew(access_token)).toMatchObject({
      token: 'refresh-token-of-second',
      token_type_hint: 'refresh_token',
    })
  })

  test('has its access token revoked where it never had one', async () => {
    const { access_token } = await signIn(latchkey, provider)
    expect(await linkAnew(access_token)).toMatchObject({ token_type_hint: 'access_token' })
  })
})
