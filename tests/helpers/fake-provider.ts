import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import { type FakeKey, makeKey } from './fake-keys.ts'

/** What the fake provider does when it is asked: an answer to send, or a whole handler. */
export type Reply =
  | { status?: number; headers?: Record<string, string | string[]>; body?: unknown }
  | ((request: Call, response: ServerResponse) => void | Promise<void>)

/** A request that the fake provider received. */
export interface Call {
  step: Step
  method: string
  path: string
  headers: IncomingMessage['headers']
  /** Form parameters of the body. */
  form: Record<string, string>
}

export type Step = 'discovery' | 'jwks' | 'token' | 'userinfo' | 'emails' | 'revoke' | 'other'

export { type FakeKey, makeKey }

const STEPS: Record<string, Step> = {
  '/.well-known/openid-configuration': 'discovery',
  '/jwks': 'jwks',
  '/token': 'token',
  '/userinfo': 'userinfo',
  '/emails': 'emails',
  '/revoke': 'revoke',
}

/**
 * An identity provider on loopback whose every answer a test can change. Without changes it is a
 * correct OpenID provider; `answers` replaces whole answers, `idToken` and `userinfo` what they say.
 */
export class FakeProvider {
  readonly calls: Call[] = []
  /** Answers by step in place of the correct ones. */
  answers: Partial<Record<Step, Reply>> = {}
  /** Subject of whoever signs in next. */
  subject = 'person-1'
  /** Changes the claims of the ID token; null leaves the ID token out. */
  idToken: ((claims: Record<string, unknown>) => Record<string, unknown> | string) | null = (
    claims,
  ) => claims
  /** Changes the userinfo document. */
  userinfo: (document: Record<string, unknown>) => unknown = (document) => document
  /** Claims beside `sub` in ID token and userinfo. */
  person: Record<string, unknown> = {
    name: 'Person One',
    email: 'person.one@example.com',
    email_verified: true,
  }
  /** Changes the discovery document. */
  discovery: (document: Record<string, unknown>) => unknown = (document) => document
  /** Changes the token document. */
  token: (document: Record<string, unknown>) => unknown = (document) => document
  keys: FakeKey[] = []
  /** The nonce of the login under way, as the authorization request had it. */
  nonce = ''
  clientId = 'client-at-fake'
  #server = createServer((request, response) => this.#serve(request, response))

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Starts listening, on `port` where one is given (to come back after `close`). */
  async listen(port = 0): Promise<this> {
    if (this.keys.length === 0) this.keys = [await makeKey('key-1')]
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    return this
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Settings that aim Latchkey at this provider under an id of OIDC_PROVIDERS. */
  settings(id = 'fake'): Record<string, string> {
    const prefix = id.toUpperCase()
    return {
      OIDC_PROVIDERS: id,
      [`${prefix}_ISSUER`]: this.issuer,
      [`${prefix}_CLIENT_ID`]: this.clientId,
      [`${prefix}_CLIENT_SECRET`]: 'secret-at-fake',
    }
  }

  /** How often a step was called. */
  count(step: Step): number {
    return this.calls.filter((call) => call.step === step).length
  }

  /** Everything back to correct, calls forgotten. */
  reset(): void {
    this.calls.length = 0
    this.answers = {}
    this.idToken = (claims) => claims
    this.userinfo = (document) => document
    this.discovery = (document) => document
    this.token = (document) => document
  }

  /** The claims that a correct ID token has now. */
  claims(): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1000)
    return {
      iss: this.issuer,
      aud: this.clientId,
      sub: this.subject,
      iat: now,
      exp: now + 300,
      nonce: this.nonce,
      ...this.person,
    }
  }

  /** Signs claims as this provider does. */
  sign(claims: Record<string, unknown>, key = this.keys[0], header: object = {}): Promise<string> {
    if (key === undefined) throw new Error('the fake provider has no key')
    return new SignJWT(claims)
      .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
      .sign(key.privateKey)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://fake')
    let body = ''
    for await (const chunk of request) body += chunk
    const step = STEPS[pathname] ?? 'other'
    const call: Call = {
      step,
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      form: Object.fromEntries(new URLSearchParams(body)),
    }
    this.calls.push(call)
    const reply = this.answers[step] ?? { body: await this.correct(step) }
    if (typeof reply === 'function') return reply(call, response)
    const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? null)
    response.writeHead(reply.status ?? 200, {
      'content-type': 'application/json',
      ...reply.headers,
    })
    response.end(text)
  }

  /** The document that a correct provider gives at this step. */
  async correct(step: Step): Promise<unknown> {
    switch (step) {
      case 'discovery':
        return this.discovery({
          issuer: this.issuer,
          authorization_endpoint: `${this.issuer}/authorize`,
          token_endpoint: `${this.issuer}/token`,
          userinfo_endpoint: `${this.issuer}/userinfo`,
          jwks_uri: `${this.issuer}/jwks`,
          revocation_endpoint: `${this.issuer}/revoke`,
          id_token_signing_alg_values_supported: ['RS256'],
        })
      case 'jwks':
        return { keys: this.keys.map(({ jwk }) => jwk) }
      case 'token': {
        const told = this.idToken?.(this.claims())
        const idToken = typeof told === 'object' ? await this.sign(told) : told
        return this.token({
          access_token: 'access-token-of-fake',
          token_type: 'Bearer',
          expires_in: 3600,
          ...(idToken === undefined ? {} : { id_token: idToken }),
        })
      }
      case 'userinfo':
        return this.userinfo({ sub: this.subject, ...this.person })
      default:
        return {}
    }
  }
}
