import { z } from 'zod'
import { said } from '../../core/messages.ts'
import { mustSignInAgain } from '../../core/provider/provider-tokens.ts'
import { Problem } from '../../http/errors/problems.ts'
import { refused } from '../../http/routes/documented.ts'
import { describe } from '../signed-in-route.ts'

const ProviderToken = z
  .object({
    access_token: z.string().meta({ description: 'For the provider’s own API.' }),
    token_type: z.literal('Bearer').meta({ description: 'How it is sent: RFC 6750.' }),
    expires_in: z
      .int()
      .nullable()
      .meta({ description: 'Seconds; null where the provider names no end.' }),
    scope: z
      .string()
      .nullable()
      .meta({ description: 'What it may be used for, separated by spaces.' }),
  })
  .meta({ id: 'ProviderToken', description: 'An access token of a provider.' })

/** The message where no tokens are kept. */
export const NOTHING_KEPT = 'No tokens are kept of such an identity.'
const SIGN_IN_AGAIN = mustSignInAgain({}).message

/** `GET /me/identities/:provider/token`. */
export const getProviderToken = describe({
  scope: 'provider_tokens',
  docs: {
    operationId: 'getProviderToken',
    summary: 'An access token of a provider',
    description:
      'For the provider’s own API, where `<PROVIDER>_STORE_TOKENS` is `on`. One that has less than a minute left is refreshed first.',
    answers: {
      200: 'A token that is good now.',
      404: 'The user has no such identity, or its tokens are not kept.',
      409: 'The provider gives no more tokens until the person signs in there again.',
    },
    examples: {
      kept: {
        summary: 'Where tokens are kept',
        parameters: { provider: 'kakao' },
        status: 200,
        answer: {
          access_token: 'kQ0c9lCmZ2o3yJ7vXf4tRb8sWn1dGa6e',
          token_type: 'Bearer',
          expires_in: 21_599,
          scope: 'account_email profile_image profile_nickname',
        },
      },
      not_kept: refused('not_found', NOTHING_KEPT, {
        summary: 'Without such an identity',
        parameters: { provider: 'google' },
      }),
      sign_in_again: refused('reauthentication_required', SIGN_IN_AGAIN, {
        summary: 'Where the provider refuses to refresh it',
        parameters: { provider: 'kakao' },
      }),
      refresh_fails: refused('provider_error', said.providerAway, {
        summary: 'Where the provider is away while it is refreshed',
        parameters: { provider: 'acme' },
      }),
      refresh_too_slow: refused('provider_timeout', said.providerSilent, {
        summary: 'Where the provider does not answer in ten seconds',
        parameters: { provider: 'sleepy' },
      }),
    },
  },
  params: z.object({
    provider: z.string().meta({ description: 'The id of the provider.' }),
  }),
  responses: {
    200: ProviderToken,
    404: Problem,
    409: Problem,
    502: Problem,
    504: Problem,
  },
})
