import { describe, expect, test } from 'vitest'
import { Browser } from '../../helpers/browser.ts'
import { runDoctor } from '../../helpers/doctor.ts'
import { FakeProvider } from '../../helpers/fake-provider.ts'
import { type Latchkey, login, startLatchkey, startLogin } from '../../helpers/latchkey.ts'
import { expectRefused, unusable } from '../../helpers/refusals.ts'
import { setStage } from '../../helpers/stage.ts'

type Document = Record<string, unknown>

const stage = setStage()

/** Plays with a provider and a Latchkey that first meets it with this discovery document. */
async function meet(
  change: (document: Document) => unknown,
  play: (latchkey: Latchkey, provider: FakeProvider) => Promise<void>,
): Promise<void> {
  const provider = new FakeProvider()
  provider.keys = stage.provider.keys
  provider.discovery = change
  await provider.listen()
  const { testDatabase } = stage.latchkey
  const latchkey = await startLatchkey(provider.settings(), { testDatabase })
  await play(latchkey, provider)
  await latchkey.close()
  await provider.close()
}

const logged = ({ logs }: Latchkey, event: string) =>
  logs.map((line) => JSON.parse(line)).filter((line) => line.event === event)

describe('an optional member of the discovery document that cannot be used', () => {
  const members = [
    'userinfo_endpoint',
    'end_session_endpoint',
    'revocation_endpoint',
    'id_token_signing_alg_values_supported',
    'token_endpoint_auth_methods_supported',
    'code_challenge_methods_supported',
    'authorization_response_iss_parameter_supported',
    'require_pushed_authorization_requests',
    'response_types_supported',
  ]
  const values = [null, '', 7, {}, 'http://other.example/plain', 'javascript:alert(1)', '/relative']

  test('an empty list of algorithms or response types says no more than none', async () => {
    const empty = { id_token_signing_alg_values_supported: [], response_types_supported: [] }
    const asked = async (change: Document) => {
      let status = 0
      let gaps: string[] = []
      await meet(
        (it) => ({ ...it, ...change }),
        async (latchkey, provider) => {
          status = (await login(latchkey, provider)).status
          gaps = logged(latchkey, 'provider_asks_more').map(({ asks }) => asks)
        },
      )
      return [status, gaps]
    }
    expect(await asked(empty)).toEqual([200, []])
    const others = {
      id_token_signing_alg_values_supported: ['HS256'],
      response_types_supported: ['token'],
    }
    expect(await asked(others)).toEqual([502, ['response_type_code, signed_by_public_key']])
  })

  test.each(values)(
    '%j counts as absent in each of them, and the log names them',
    async (value) => {
      await meet(
        (it) => ({ ...it, ...Object.fromEntries(members.map((member) => [member, value])) }),
        async (latchkey, provider) => {
          expect((await login(latchkey, provider)).status).toBe(200)
          expect(provider.count('other')).toBe(0)
          const [line, ...more] = logged(latchkey, 'discovery_ignored')
          expect([line.level, line.provider, more]).toEqual(['warn', 'fake', []])
          expect(line.members.split(', ').sort()).toEqual([...members].sort())
        },
      )
    },
  )

  test.each(members)('%s alone is named alone', async (member) => {
    await meet(
      (it) => ({ ...it, [member]: null }),
      async (latchkey, provider) => {
        expect((await login(latchkey, provider)).status).toBe(200)
        expect(logged(latchkey, 'discovery_ignored')).toMatchObject([{ members: member }])
      },
    )
  })

  test('a good document is not talked about, and what nobody knows does no harm', async () => {
    await meet(
      (it) => ({ ...it, x: null, service_documentation: '', claims_supported: [1, null] }),
      async (latchkey, provider) => {
        expect((await login(latchkey, provider)).status).toBe(200)
        expect(logged(latchkey, 'discovery_ignored')).toEqual([])
      },
    )
  })

  test('several are named together, and by the doctor', async () => {
    await meet(
      (it) => ({ ...it, end_session_endpoint: null, revocation_endpoint: '' }),
      async (latchkey, provider) => {
        expect((await login(latchkey, provider)).status).toBe(200)
        const [line] = logged(latchkey, 'discovery_ignored')
        expect(line.members).toBe('end_session_endpoint, revocation_endpoint')
        const { text } = await runDoctor(provider.settings())
        expect(text).toContain('count as absent: end_session_endpoint, revocation_endpoint.')
      },
    )
  })
})

describe('a member without which nobody signs in', () => {
  test.each(['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri'])(
    '%s: it fails naming itself, in the log and at the doctor',
    async (member) => {
      for (const value of [null, '', 7, [], undefined]) {
        await meet(
          (it) => ({ ...it, [member]: value }),
          async (latchkey, provider) => {
            const refusal = unusable('discovery', 'shape')
            Object.assign(refusal.log, { field: member })
            await expectRefused({ latchkey, provider }, refusal, () =>
              new Browser().send(`${latchkey.url}/login/fake`),
            )
            if (value !== null) return
            const { text, exitCode } = await runDoctor(provider.settings())
            expect([exitCode, text]).toEqual([1, expect.stringContaining(`: ${member}`)])
          },
        )
      }
    },
  )

  test('that a setting names may be anything', async () => {
    const provider = await new FakeProvider().listen()
    provider.discovery = (it) => ({ ...it, jwks_uri: null })
    const { testDatabase } = stage.latchkey
    const env = { ...provider.settings(), FAKE_JWKS_URI: `${provider.issuer}/jwks` }
    const latchkey = await startLatchkey(env, { testDatabase })
    expect((await login(latchkey, provider)).status).toBe(200)
    await latchkey.close()
    await provider.close()
  })
})

describe('what a provider asks for that Latchkey cannot do', () => {
  test.each<[string, Document, string]>([
    [
      'ID tokens by HS256 alone',
      { id_token_signing_alg_values_supported: ['HS256', 'none'] },
      'signs ID tokens with a shared secret only',
    ],
    [
      'pushed authorization requests',
      { require_pushed_authorization_requests: true },
      'requires pushed authorization requests',
    ],
    ['request objects', { require_signed_request_object: true }, 'requires signed request objects'],
    ['no code', { response_types_supported: ['id_token'] }, 'does not offer response_type=code'],
    [
      'TLS certificates alone',
      { token_endpoint_auth_methods_supported: ['tls_client_auth'] },
      'None of its ways of client authentication',
    ],
    [
      'private_key_jwt alone, without a key',
      { token_endpoint_auth_methods_supported: ['private_key_jwt'] },
      'set FAKE_PRIVATE_KEY and FAKE_KEY_ID',
    ],
  ])('%s: start and doctor name it, and the secret is not called wrong', async (_, more, words) => {
    await meet(
      (it) => ({ ...it, ...more }),
      async (latchkey, provider) => {
        await expect.poll(() => logged(latchkey, 'provider_asks_more').length).toBe(1)
        const { text, exitCode } = await runDoctor(provider.settings())
        expect([exitCode, text]).toEqual([1, expect.stringContaining(words)])
        expect(text).not.toContain('CLIENT_SECRET')
        expect(provider.count('token')).toBe(0)
      },
    )
  })

  test('nothing where it only offers more', async () => {
    const offers = {
      id_token_signing_alg_values_supported: ['HS256', 'RS256'],
      token_endpoint_auth_methods_supported: ['tls_client_auth', 'client_secret_post'],
      require_pushed_authorization_requests: false,
      pushed_authorization_request_endpoint: 'https://id.example/par',
      response_types_supported: ['code id_token', 'code'],
    }
    await meet(
      (it) => ({ ...it, ...offers }),
      async (latchkey, provider) => {
        expect((await login(latchkey, provider)).status).toBe(200)
        expect(logged(latchkey, 'provider_asks_more')).toEqual([])
      },
    )
  })
})

describe('how a provider sends the browser back', () => {
  test.each<[string, number]>([
    ['authentication_expired', 302],
    ['It has expired, minji@example.com.', 502],
  ])(
    'by a form alone: a word that says more of its refusal counts as in a query, a sentence does not: %j',
    async (error_description, status) => {
      await meet(
        (it) => ({ ...it, response_modes_supported: ['form_post'] }),
        async (latchkey) => {
          const browser = new Browser()
          const { state } = await startLogin(latchkey, browser)
          const error = 'temporarily_unavailable'
          const { location } = await new Browser().send(`${latchkey.url}/login/fake/callback`, {
            method: 'POST',
            body: new URLSearchParams({ error, error_description, state }),
          })
          expect(location?.search).not.toContain('minji')
          // Keycloak's expired page: it is asked once more.
          const answer = await browser.send(location ?? '')
          expect([answer.status, answer.location?.searchParams.get('response_mode')]).toEqual(
            status === 302 ? [302, 'form_post'] : [status, undefined],
          )
        },
      )
    },
  )

  test.each<[string[] | null, string | null, number]>([
    [['form_post'], 'form_post', 303],
    [['fragment', 'form_post'], 'form_post', 303],
    [['query', 'form_post'], null, 405],
    [null, null, 405],
  ])(
    'by %j: response_mode %j is asked for, and a form is answered %i',
    async (modes, asked, status) => {
      await meet(
        (it) => ({ ...it, ...(modes && { response_modes_supported: modes }) }),
        async (latchkey, provider) => {
          const browser = new Browser()
          const started = await startLogin(latchkey, browser)
          provider.nonce = started.nonce ?? ''
          expect(started.authorization.searchParams.get('response_mode')).toBe(asked)
          // Across sites, and so without our cookies.
          const form = await new Browser().send(`${latchkey.url}/login/fake/callback`, {
            method: 'POST',
            body: new URLSearchParams({ code: 'a-code', state: started.state }),
          })
          expect(form.status).toBe(status)
          expect((await browser.send(form.location ?? started.callback())).status).toBe(200)
        },
      )
    },
  )
})
