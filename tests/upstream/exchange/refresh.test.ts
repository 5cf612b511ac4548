import { expect, test } from 'vitest'
import { builtInProviders } from '../../../src/providers/index.ts'
import { withOfflineAccess } from '../../../src/settings/providers.ts'
import { refreshTokensOf } from '../../../src/upstream/exchange/refresh.ts'
import type { ProviderCall } from '../../../src/upstream/provider-call.ts'

/** What of the login is said again: by Microsoft the scopes, the one for refresh tokens among them. */
const REPEATED: Record<string, object> = {
  microsoft: { scope: 'openid profile email offline_access' },
  gitlab: { redirect_uri: 'https://here/callback' },
}

/** What a provider's token endpoint is sent by a refresh. */
async function refreshAt(row: ProviderCall['row']) {
  const sent: Record<string, string>[] = []
  const post = async (_url: string, _step: string, { form }: { form: Record<string, string> }) => {
    sent.push(form)
    return { status: 200, text: JSON.stringify({ access_token: 'new', token_type: 'bearer' }) }
  }
  const response = await refreshTokensOf(
    {
      row: withOfflineAccess(row, 'on'),
      metadata: { clientAuth: 'client_secret_post', endpoints: { token_endpoint: 'https://a/t' } },
      registration: { id: 'app', secret: 'secret' },
      callbackUrl: 'https://here/callback',
      outbound: { post },
    } as unknown as ProviderCall,
    'kept',
    'somebody',
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
