/** How a row ends what a person granted there: one request with one of the tokens. */
export interface Revocation {
  /** Its endpoint by metadata name; a provider that has none keeps what it was granted. */
  readonly endpoint: string
  /**
   * The token that it takes. `any`: the refresh token where there is one. `access_token`: one that is
   * not over, so it is refreshed first where it has to be.
   */
  readonly token: 'any' | 'access_token'
  readonly request: (source: RevocationSource) => RevocationRequest | Promise<RevocationRequest>
  /** Whether an answer says that the grant is over, now or before already. */
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
  /** A token in the Authorization header; or our id and secret, there or as at the token endpoint. */
  auth?: { bearer: string } | 'basic' | 'client'
}

const succeeds = (status: number) => status >= 200 && status < 300

/** RFC 7009. An unknown token is a success there; some call it an error. */
export const tokenRevocation: Revocation = {
  endpoint: 'revocation_endpoint',
  token: 'any',
  request: ({ token, kind }) => ({ form: { token, token_type_hint: kind }, auth: 'client' }),
  isOver: (status, { error }) =>
    succeeds(status) ||
    (status === 400 && (error === 'invalid_token' || error === 'invalid_grant')),
}

/** A revocation by an access token of the person. `isGone`: a refusal that says that there is nothing left. */
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
