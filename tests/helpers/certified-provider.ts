import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK } from 'jose'
import { vi } from 'vitest'
import type { Answer, Browser } from './browser.ts'
import { makeKey } from './fake-provider.ts'
import { type Latchkey, startLatchkey } from './latchkey.ts'

/** How an instance of oidc-provider differs from another. */
export interface CertifiedOptions {
  clientAuth: 'client_secret_basic' | 'client_secret_post'
  alg: 'RS256' | 'ES256'
  requirePkce?: boolean
}

/** Latchkey beside oidc-provider, a certified implementation that is not ours. */
export interface CertifiedStage {
  latchkey: Latchkey
  issuer: string
  /** Authorization requests as the provider understood them. */
  requests: Record<string, string | undefined>[]
  close(): Promise<void>
}

/** With characters that HTTP Basic and forms each encode in a way of their own. */
export const CLIENT_ID = 'latchkey:test'
const CLIENT_SECRET = 'a secret: 100% + /?&=~"ok"'

/** Starts both; `settings` changes what Latchkey believes of its registration. */
export async function startCertified(
  options: CertifiedOptions,
  settings: Record<string, string> = {},
): Promise<CertifiedStage> {
  type Handler = (request: IncomingMessage, response: ServerResponse) => unknown
  // Latchkey's callback is known only once it runs; until then the provider is down.
  let handler: Handler = (_request, response) => response.writeHead(503).end()
  const server = createServer((request, response) => handler(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const latchkey = await startLatchkey({
    OIDC_PROVIDERS: 'op',
    OP_ISSUER: issuer,
    OP_CLIENT_ID: CLIENT_ID,
    OP_CLIENT_SECRET: CLIENT_SECRET,
    OP_TRUST_EMAIL: 'on',
    ...settings,
  })
  const requests: CertifiedStage['requests'] = []
  handler = await createHandler(issuer, `${latchkey.url}/login/op/callback`, options, requests)
  return {
    latchkey,
    issuer,
    requests,
    async close() {
      await latchkey.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      vi.restoreAllMocks()
    },
  }
}

async function createHandler(
  issuer: string,
  redirectUri: string,
  { clientAuth, alg, requirePkce = true }: CertifiedOptions,
  requests: CertifiedStage['requests'],
) {
  // It prints notices about its defaults and, where it is loaded, about the runtime.
  for (const method of ['info', 'warn'] as const) {
    vi.spyOn(console, method).mockImplementation(() => {})
  }
  const { default: Provider } = await import('oidc-provider')
  const key = await makeKey('op-key', alg)
  const jwk = { ...(await exportJWK(key.privateKey)), kid: key.kid, alg, use: 'sig' }
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: clientAuth,
        id_token_signed_response_alg: alg,
      },
    ],
    clientAuthMethods: [clientAuth],
    enabledJWA: { idTokenSigningAlgValues: [alg] },
    jwks: { keys: [jwk] },
    cookies: { keys: ['a key of the tests'] },
    pkce: { required: () => requirePkce },
    claims: { openid: ['sub'], profile: ['name', 'locale'], email: ['email', 'email_verified'] },
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: () => ({
        sub: accountId,
        name: `Name of ${accountId}`,
        locale: 'ko-KR',
        email: `${accountId}@example.com`,
        email_verified: true,
      }),
    }),
  })
  provider.on('interaction.started', ((context: {
    oidc: { params: Record<string, string | undefined> }
  }) => {
    requests.push({ ...context.oidc.params })
  }) as never)
  return provider.callback()
}

/** The place that a form or link of the provider's page leads to. */
function placeIn(page: Answer, pattern: RegExp): string {
  const place = pattern.exec(page.text)?.[1]
  if (place === undefined) throw new Error(`not the page that was expected: ${page.text}`)
  return place.replaceAll('&amp;', '&')
}

/** Follows redirects at the provider until there is a page, or one that leads back to Latchkey. */
async function untilPage({ latchkey }: CertifiedStage, browser: Browser, from: URL) {
  let place = from
  for (let hops = 0; hops < 10; hops++) {
    if (place.origin === latchkey.url) return { callback: place }
    const answer = await browser.send(place)
    if (answer.location === null) return { page: answer }
    place = answer.location
  }
  throw new Error('the provider redirects without an end')
}

/**
 * What a person does at the provider: signs in where a login form is shown, consents where that is
 * asked, or aborts. Gives the callback URL that the browser is sent to, and the pages that were shown.
 */
export async function playPerson(
  stage: CertifiedStage,
  browser: Browser,
  authorization: URL,
  person: { login: string } | 'aborts',
): Promise<{ callback: URL; pages: string[] }> {
  const pages: string[] = []
  let next = await untilPage(stage, browser, authorization)
  while (next.page !== undefined) {
    const { page } = next
    const isLogin = page.text.includes('name="login"')
    pages.push(isLogin ? 'login' : 'consent')
    if (person === 'aborts') {
      const abort = new URL(placeIn(page, /href="([^"]*\/abort)"/))
      next = await untilPage(stage, browser, abort)
    } else {
      const body = new URLSearchParams(
        isLogin ? { prompt: 'login', login: person.login, password: 'any' } : { prompt: 'consent' },
      )
      const answer = await browser.send(placeIn(page, /action="([^"]+)"/), { method: 'POST', body })
      if (answer.location === null) throw new Error(`the form was refused: ${answer.text}`)
      next = await untilPage(stage, browser, answer.location)
    }
  }
  return { callback: next.callback, pages }
}
