/** Libraries without types of their own, as far as the tests use them. */
declare module 'express' {
  interface Oidc {
    user: object
    accessToken?: { refresh(): Promise<{ expires_in: number }> }
    fetchUserInfo(): Promise<object>
  }
  type Handler = (
    request: { oidc: Oidc },
    response: { json(body: unknown): void },
  ) => void | Promise<void>
  interface Express {
    (
      request: import('node:http').IncomingMessage,
      response: import('node:http').ServerResponse,
    ): void
    use(handler: unknown): void
    get(path: string, guard: unknown, handler: Handler): void
  }
  export default function express(): Express
}

declare module 'simple-oauth2' {
  interface Held {
    token: Record<string, unknown>
    expired(): boolean
    refresh(): Promise<Held>
    revokeAll(): Promise<void>
  }
  export class AuthorizationCode {
    constructor(options: object)
    authorizeURL(parameters: object): string
    getToken(parameters: object): Promise<Held>
  }
  export class ClientCredentials {
    constructor(options: object)
    getToken(parameters: object): Promise<Held>
  }
}

declare module 'semver' {
  export function satisfies(version: string, range: string): boolean
  /** Whether all versions of the first range are in the second. */
  export function subset(range: string, of: string): boolean
}
