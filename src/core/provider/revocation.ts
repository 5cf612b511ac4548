/** How a row revokes a person's grant: by one request with one of the tokens. */
export interface Revocation {
  /** Its endpoint by metadata name; if the provider has none, nothing is revoked. */
  readonly endpoint: string
  /**
   * The token that it takes. `any`: the refresh token if there is one. `access_token`: a valid
   * access token, so it is refreshed first if necessary.
   */
  readonly token: 'any' | 'access_token'
  readonly request: (source: RevocationSource) => RevocationRequest | Promise<RevocationRequest>
  /** Whether an answer means that the grant is revoked, by this request or before. */
  readonly isOver: (status: number, document: Record<string, unknown>) => boolean
}

/** What a row needs to make the request. */
export interface RevocationSource {
  token: string
  kind: 'access_token' | 'refresh_token'
  /** Our registration there. */
  client: { id: string; secret: string }
  /** POSTs a form to another of the provider's endpoints and gives the JSON object of its success. */
  post(endpoint: string, form: Readonly<Record<string, string>>): Promise<Record<string, unknown>>
}

/** A request to a revocation endpoint; `{subject}` in its URL is filled in. */
export interface RevocationRequest {
  /** Default: POST. */
  method?: 'DELETE'
  params?: Readonly<Record<string, string>>
  /** The body: a form, or a document as JSON. */
  form?: Readonly<Record<string, string>>
  json?: unknown
  /**
   * What authenticates: a token in the Authorization header; or our id and secret, there or in the
   * same way as at the token endpoint.
   */
  auth?: { bearer: string } | 'basic' | 'client'
}

const succeeds = (status: number) => status >= 200 && status < 300

/** RFC 7009. Unknown tokens are a success by it, but an error at some providers. */
export const tokenRevocation: Revocation = {
  endpoint: 'revocation_endpoint',
  token: 'any',
  request: ({ token, kind }) => ({ form: { token, token_type_hint: kind }, auth: 'client' }),
  isOver: (status, { error }) =>
    succeeds(status) ||
    (status === 400 && (error === 'invalid_token' || error === 'invalid_grant')),
}

/**
 * A revocation with the person's access token. `isGone`: whether a refusal means that there is no
 * grant any more.
 */
export const accessTokenRevocation = (options: {
  endpoint?: string
  request: Revocation['request']
  isGone: Revocation['isOver']
}): Revocation => ({
  endpoint: options.endpoint ?? 'revocation_endpoint',
  token: 'access_token',
  request: options.request,
  isOver: (status, document) => succeeds(status) || options.isGone(status, document),
})
