import { expect, test } from 'vitest'
import { toProfile } from '../../../src/core/identity/profile.ts'
import { hashToken, randomToken } from '../../../src/core/secrets.ts'
import { newSession, useStores } from '../../helpers/stores.ts'

const { stores } = useStores()
const kakao = (subject: string) => ({ provider: 'kakao', issuer: '', subject })

/** Somebody signed in, with a code that has linked their account at Kakao and may come again in its minute. */
async function linked(subject: string) {
  const session = newSession()
  const { account } = await stores.signIns.signIn(
    { provider: 'google', issuer: '', subject },
    toProfile({ subject }),
    session,
  )
  const hash = hashToken(randomToken())
  const binding = { hash, clientId: 'spa', redirectUri: 'https://a.example/cb', codeChallenge: 'c' }
  const identity = { key: kakao(subject), profile: toProfile({ subject }), tokens: null }
  await stores.linkCodes.keep(identity, { ...binding, ttlSeconds: 60 })
  const take = () => stores.linkCodes.take(binding, account.sub)
  expect(await take()).not.toBeNull()
  await stores.identities.link({ userId: account.sub, sessionId: session.id }, identity, null)
  return take
}

const tell = (
  subject: string,
  kind: 'account_gone' | 'consent_withdrawn' | 'sessions_revoked',
  at: number,
) =>
  stores.receivedEvents.act({
    ...{ provider: 'kakao', id: null, at, deletesUsers: true, asker: null as never },
    events: [{ kind, subject, told: 'unlink' }],
  })

test.each(['account_gone', 'consent_withdrawn'] as const)(
  'a code that linked an account links it no more once its provider tells %s',
  async (kind) => {
    const take = await linked(kind)
    // Controls: of somebody else, of another kind, of a time before the code.
    await tell(`${kind}-of-another`, kind, Date.now() + 1000)
    await tell(kind, 'sessions_revoked', Date.now() + 1000)
    await tell(kind, kind, Date.now() - 60_000)
    expect(await take()).not.toBeNull()
    await tell(kind, kind, Date.now() + 1000)
    expect(await take()).toBeNull()
  },
)
