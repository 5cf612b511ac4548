import { describe, expect, test } from 'vitest'
import { builtInProviders } from '../../../src/providers/index.ts'
import { withOfflineAccess } from '../../../src/settings/parts/providers.ts'
import { refreshTokensOf } from '../../../src/upstream/exchange/refresh.ts'
import { issuersOf, type ProviderCall, usesIdToken } from '../../../src/upstream/provider-call.ts'
import { fixtures } from '../../providers/fixtures.ts'

/** What of the login is said again: by Microsoft the scopes, the one for refresh tokens among them. */
const REPEATED: Record<string, object> = {
  microsoft: { scope: 'openid profile email offline_access' },
  gitlab: { redirect_uri: 'https://here/callback' },
}

/** What a provider's token endpoint is sent by a refresh, and what becomes of its answer. */
async function refreshAt(
  row: ProviderCall['row'],
  { idToken = '', subject = 'somebody', scope = null as string | null } = {},
) {
  const sent: Record<string, string>[] = []
  const post = async (_url: string, _step: string, { form }: { form: Record<string, string> }) => {
    sent.push(form)
    const answer = { access_token: 'new', token_type: 'bearer', id_token: idToken || undefined }
    return { status: 200, text: JSON.stringify(answer) }
  }
  const response = await refreshTokensOf(
    {
      row: withOfflineAccess(row, 'on'),
      values: {},
      metadata: { clientAuth: 'client_secret_post', endpoints: { token_endpoint: 'https://a/t' } },
      registration: { id: 'app', secret: 'secret' },
      callbackUrl: 'https://here/callback',
      outbound: { post },
    } as unknown as ProviderCall,
    { refreshToken: 'kept', scope },
    subject,
  )
  return { form: sent[0], response }
}

test.each(builtInProviders.map((row) => ({ id: row.id, row })))(
  'a refresh at $id has what its provider wants of it, and keeps a token that is not replaced',
  async ({ id, row }) => {
    const { form, response } = await refreshAt(row)
    const more = REPEATED[id] ?? {}
    const client = { client_id: 'app', client_secret: 'secret' }
    expect(form).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'kept',
      ...client,
      ...more,
    })
    expect(response.refreshToken).toBe('kept')
  },
)

test.each([
  // What Microsoft answers names no `offline_access`.
  ['openid profile email', 'openid profile email offline_access'],
  [
    'openid profile email https://graph.microsoft.com/mail.read',
    'openid profile email Mail.Read offline_access',
  ],
  // Controls: granted since, and nothing known of it.
  [
    'openid profile email Mail.Read Files.Read',
    'openid profile email Mail.Read Files.Read offline_access',
  ],
  [null, 'openid profile email Mail.Read Files.Read offline_access'],
  ['something else', 'openid profile email Mail.Read Files.Read offline_access'],
])(
  'a refresh at Microsoft of what was granted as "%s" asks for "%s": the settings have more by now',
  async (scope, asked) => {
    const row = builtInProviders.find(({ id }) => id === 'microsoft') as ProviderCall['row']
    const more = { ...row, scopes: [...row.scopes, 'Mail.Read', 'Files.Read'] }
    expect((await refreshAt(more, { scope })).form).toMatchObject({ scope: asked })
  },
)

const signing = builtInProviders
  .map((row) => ({ ...row, scopes: [...new Set(['openid', ...row.scopes])] }))
  .filter((row) => usesIdToken(row))

describe.each(signing.map((row) => ({ id: row.id, row })))('an ID token of $id', ({ id, row }) => {
  const { claims: signed, documents, profile } = fixtures[id] ?? { profile: {} }
  // Where userinfo is what is documented, an ID token has the same names.
  const claims = { sub: profile.subject, ...(signed ?? Object(documents?.userinfo_endpoint)) }
  const issuers = issuersOf({ row, values: {} })
  const iss = Array.isArray(issuers) ? issuers[0] : claims.iss
  const refreshAs = (other: object) => {
    const payload = JSON.stringify({ ...claims, iss, aud: 'app', ...other })
    const idToken = `e30.${Buffer.from(payload).toString('base64url')}.sig`
    return refreshAt(row, { idToken, subject: String(profile.subject) })
  }

  test('beside a refresh is of whom the login was of, or the tokens are not taken', async () => {
    expect((await refreshAs({})).response.accessToken).toBe('new')
    const names = ['sub', 'oid', 'https://slack.com/user_id'].filter((name) => name in claims)
    const another = Object.fromEntries(names.map((name) => [name, '4711']))
    await expect(refreshAs(another)).rejects.toMatchObject({
      code: 'invalid_provider_response',
      evidence: { step: 'refresh', reason: 'subject_mismatch' },
    })
    // One that has less in it than a login's says nothing of the person.
    const none = Object.fromEntries(names.map((name) => [name, undefined]))
    expect((await refreshAs(none)).response.accessToken).toBe('new')
  })
})
