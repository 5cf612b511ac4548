import { said } from '../../core/messages.ts'
import { type Example, oauthRefused } from '../../http/routes/documented.ts'
import { exampleAccount, exampleApp, exampleTokens } from '../../http/routes/examples.ts'

type Examples = Readonly<Record<string, Example>>

const { client_id, redirect_uri, code_verifier } = exampleApp

/** Examples of `/token`. */
export const tokenExamples: Examples = {
  code: {
    summary: 'A code of the redirect',
    body: {
      grant_type: 'authorization_code',
      client_id,
      redirect_uri,
      code_verifier,
      code: '$CODE',
    },
    status: 200,
    answer: exampleTokens,
  },
  refresh: {
    summary: 'A refresh token',
    body: { grant_type: 'refresh_token', client_id, refresh_token: '$REFRESH_TOKEN' },
    status: 200,
    answer: exampleTokens,
  },
  native: {
    summary: 'Native sign-in: an ID token of the provider’s SDK',
    body: {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id,
      subject_token: '$PROVIDER_ID_TOKEN',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_issuer: 'google',
    },
    status: 200,
    answer: {
      ...exampleTokens,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    },
  },
  unknown_code: oauthRefused('invalid_grant', said.codeRefused, {
    summary: 'A code that does not count',
    body: {
      grant_type: 'authorization_code',
      client_id,
      redirect_uri,
      code_verifier,
      code: 'SplxlOBeZQQYbYS6WxSbIA',
    },
  }),
  unknown_client: oauthRefused('invalid_client', said.clientRefused, {
    summary: 'A client that is not registered',
    body: { grant_type: 'refresh_token', client_id: 'nobody', refresh_token: '$REFRESH_TOKEN' },
  }),
  forged: oauthRefused('csrf', said.cookieFromElsewhere, {
    summary: 'With the session cookie, from a page that is not registered',
    body: { grant_type: 'refresh_token' },
  }),
}

const tooManyGuesses = oauthRefused('rate_limited', said.tooMany, {
  summary: 'Too many wrong secrets from one address',
  body: { client_id: 'api', client_secret: 'a guess', token: '$REFRESH_TOKEN' },
})

/** Examples of `/revoke`. */
export const revokeExamples: Examples = {
  refresh_token: {
    summary: 'A refresh token',
    body: { client_id, token: '$REFRESH_TOKEN' },
    status: 200,
    answer: {},
  },
  no_token: oauthRefused('invalid_request', 'The token is missing.', {
    summary: 'An empty token',
    body: { client_id, token: '' },
  }),
  unknown_client: oauthRefused('invalid_client', said.clientRefused, {
    summary: 'A client that is not registered',
    body: { client_id: 'nobody', token: '$REFRESH_TOKEN' },
  }),
  rate_limited: tooManyGuesses,
}

const api = { client_id: 'api', client_secret: '$CLIENT_SECRET' }

/** Examples of `/introspect`. */
export const introspectExamples: Examples = {
  access_token: {
    summary: 'An access token',
    body: { ...api, token: '$ACCESS_TOKEN' },
    status: 200,
    answer: {
      active: true,
      token_type: 'Bearer',
      client_id,
      scope: exampleTokens.scope,
      sub: exampleAccount.sub,
      sid: '0199f3a2-6b44-7d18-a5c0-93e7f1b2d604',
      iss: 'https://login.example.com',
      aud: 'https://login.example.com',
      iat: 1795486800,
      exp: 1795487400,
      jti: 'b7c1Jm0pQ2nVx4Zt',
    },
  },
  unknown_token: {
    summary: 'A token that does not count',
    body: { ...api, token: 'SplxlOBeZQQYbYS6WxSbIA' },
    status: 200,
    answer: { active: false },
  },
  no_token: oauthRefused('invalid_request', 'The token is missing.', {
    summary: 'An empty token',
    body: { ...api, token: '' },
  }),
  public_client: oauthRefused('invalid_client', said.confidentialOnly, {
    summary: 'A public client',
    body: { client_id, token: '$ACCESS_TOKEN' },
  }),
  rate_limited: tooManyGuesses,
}
