import { z } from 'zod'
import { codeParameters } from '../../core/client/presented-code.ts'
import { UserInfo } from '../../core/identity/account.ts'
import { said } from '../../core/messages.ts'
import { subjectTokenParameters } from '../../core/provider/subject-token.ts'
import { Problem } from '../../http/errors/problems.ts'
import { refused } from '../../http/routes/documented.ts'
import { exampleAccount, exampleApp } from '../../http/routes/examples.ts'
import { describe } from '../signed-in-route.ts'

/** The proof of an identity: a code, or a provider's token. Other parameters are ignored. */
export const LinkRequest = z.object({ ...codeParameters, ...subjectTokenParameters })
export type LinkRequest = z.infer<typeof LinkRequest>

const { redirect_uri, code_verifier } = exampleApp

const code = (code: string) => ({ code, redirect_uri, code_verifier })

const native = (subject_token: string, subject_issuer = 'google') => ({
  subject_token,
  subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
  subject_issuer,
})

/**
 * A token that is never verified in the example: the provider's keys are fetched first, and fail.
 */
const ANY_TOKEN = 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl'

const linked = {
  ...exampleAccount,
  identities: [
    ...exampleAccount.identities,
    {
      provider: 'google',
      subject: '110169484474386276334',
      linked_at: '2026-11-24T02:20:00.000Z',
      last_login_at: '2026-11-24T02:20:00.000Z',
    },
  ],
}

/** The message where neither kind of proof is sent. */
export const NO_PROOF = 'Send a code, or a subject_token.'
/** The messages where the identity, or another one at the same provider, is already linked. */
export const IN_USE = {
  identity_in_use: 'This identity belongs to another user.',
  provider_in_use: 'The user has another identity at this provider: unlink it first.',
}

const examples = {
  native: {
    summary: 'An ID token of the provider’s SDK',
    body: native('$UNUSED_ID_TOKEN'),
    status: 200,
    answer: linked,
  },
  code: {
    summary: 'A code of a flow with `intent=link`',
    body: code('$LINK_CODE'),
    status: 200,
    answer: linked,
  },
  unknown_code: refused('invalid_code', said.codeRefused, {
    summary: 'A code that does not count',
    body: code('SplxlOBeZQQYbYS6WxSbIA'),
  }),
  no_proof: refused('invalid_request', NO_PROOF, {
    summary: 'Nothing to link',
    body: { redirect_uri },
  }),
  identity_in_use: refused('identity_in_use', IN_USE.identity_in_use, {
    summary: 'An identity of another user',
    body: native('$FOREIGN_ID_TOKEN'),
  }),
  provider_in_use: refused('provider_in_use', IN_USE.provider_in_use, {
    summary: 'A second account at the same provider',
    body: native('$SECOND_ID_TOKEN'),
  }),
  unknown_provider: refused('unknown_provider', said.unknownSubjectIssuer, {
    summary: 'A provider that is not enabled',
    body: native(ANY_TOKEN, 'nobody'),
  }),
  provider_away: refused('provider_error', said.providerAway, {
    summary: 'An OpenID provider (acme) that cannot be reached',
    body: native(ANY_TOKEN, 'acme'),
  }),
  provider_silent: refused('provider_timeout', said.providerSilent, {
    summary: 'An OpenID provider (sleepy) that does not answer',
    body: native(ANY_TOKEN, 'sleepy'),
  }),
}

/** `POST /me/identities`. */
export const linkIdentity = describe({
  docs: {
    operationId: 'linkIdentity',
    summary: 'Link an identity',
    description:
      'From now on the user can also sign in with it. In a browser: the code of a flow with `intent=link`, sent by the client that started it. Until the code expires, the same user gets the same answer again; a code whose first use fails is gone. The person must have signed in recently (REAUTH_MAX_AGE), else 401 `insufficient_user_authentication` with `max_age` (RFC 9470). In an app: the token of the provider’s SDK, as at `/token`. One identity per provider; the user’s own is refreshed. With the session cookie it needs a registered `Origin`.',
    consumes: ['application/json', 'application/x-www-form-urlencoded'],
    answers: {
      200: 'The user, with the identity.',
      400: 'The request is malformed, or the code or token does not count.',
      409: 'The identity is another user’s, or the user has another one at its provider. Nothing is changed.',
    },
    examples,
  },
  form: LinkRequest,
  recent: true,
  responses: {
    200: UserInfo,
    400: Problem,
    404: Problem,
    409: Problem,
    429: Problem,
    502: Problem,
    504: Problem,
  },
})
