import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import type { KeptGrants, StoredGrant } from '../core/grant-stores.ts'
import {
  type AccessGrant,
  type GrantSealer,
  isFresh,
  type KeptGrant,
  mustSignInAgain,
  type StoreTokens,
  toStored,
} from '../core/kept-grant.ts'
import { refused } from '../http/documented.ts'
import { withoutToken } from '../http/examples.ts'
import { InvalidToken, Problem } from '../http/problems.ts'
import { type Caller, callerOf, invalidToken } from './protected.ts'

/** What handing out a provider's tokens needs. */
export interface ProviderTokenOptions {
  keptGrants: KeptGrants
  grantSealer: GrantSealer
  grantsOf: (provider: string) => GrantSource | undefined
}

/** A provider, as far as its tokens are asked for. */
interface GrantSource {
  storeTokens: StoreTokens
  refresh(grant: KeptGrant): Promise<KeptGrant>
}

/** Longer than a refresh can take. */
const LEASE_SECONDS = 15
/** As long as a call to a provider may take. */
const WAIT_MS = 10_000
const POLL_MS = 100

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

const nothingKept = () => new LatchkeyError('not_found', 'No tokens are kept of such an identity.')

/** `GET /me/identities/:provider/token`: an access token of the provider that lives for a minute at least. */
export function providerTokenRoute(room: FastifyInstance, options: ProviderTokenOptions): void {
  room.withTypeProvider<ZodTypeProvider>().get(
    '/me/identities/:provider/token',
    {
      schema: {
        tags: ['account'],
        security: [{ accessToken: [] }, { sessionCookie: [] }],
        operationId: 'getProviderToken',
        summary: 'An access token of a provider',
        description:
          'For the provider’s own API, where `<PROVIDER>_STORE_TOKENS` is `on`. One that has less ' +
          'than a minute left is refreshed first.',
        params: z.object({
          provider: z.string().max(64).meta({ description: 'The id of the provider.' }),
        }),
        response: {
          200: ProviderToken,
          401: InvalidToken,
          404: Problem,
          409: Problem,
          502: Problem,
          503: Problem,
          504: Problem,
        },
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
          not_kept: refused('not_found', nothingKept().message, {
            summary: 'Without such an identity',
            parameters: { provider: 'google' },
          }),
          sign_in_again: refused('reauthentication_required', mustSignInAgain({}).message, {
            summary: 'Where the provider refuses to refresh it',
            parameters: { provider: 'kakao' },
          }),
          refresh_fails: refused('provider_error', 'The provider cannot be reached.', {
            summary: 'Where the provider is away while it is refreshed',
            parameters: { provider: 'acme' },
          }),
          refresh_too_slow: refused('provider_timeout', 'The provider did not answer in time.', {
            summary: 'Where the provider does not answer in ten seconds',
            parameters: { provider: 'sleepy' },
          }),
          no_token: { ...withoutToken, parameters: { provider: 'kakao' } },
        },
      },
    },
    async (request) => {
      const { token, expiresAt, scope } = await findToken(
        options,
        callerOf(request),
        request.params.provider,
      )
      const left = expiresAt === null ? null : Math.floor((expiresAt - Date.now()) / 1000)
      return { access_token: token, token_type: 'Bearer' as const, expires_in: left, scope }
    },
  )
}

/** The kept token, or a new one. One request of all replicas refreshes it, the others wait for that. */
async function findToken(
  options: ProviderTokenOptions,
  { userId, sessionId }: Caller,
  provider: string,
): Promise<AccessGrant> {
  const { keptGrants, grantSealer } = options
  const giveUpAt = Date.now() + WAIT_MS
  const source = options.grantsOf(provider)
  for (;;) {
    // No text of a stranger goes into the database.
    const id = source === undefined ? '' : provider
    const found = await keptGrants.find(userId, sessionId, id)
    if (!found.isAlive) throw invalidToken()
    const { stored } = found
    const grant = stored && grantSealer.open(stored.sealedGrant, stored)
    if (source?.storeTokens !== 'on' || stored === null || grant === null) throw nothingKept()
    if (grant.access !== null && isFresh(grant)) return grant.access
    if (grant.refreshToken === null || (await keptGrants.lease(stored, LEASE_SECONDS))) {
      const fresh = await refresh(options, source, stored, grant)
      if (fresh !== null) return fresh
    } else if (Date.now() > giveUpAt) {
      throw new LatchkeyError('temporarily_unavailable', 'The token is being refreshed.', {
        evidence: { reason: 'refresh_under_way' },
        retryAfterSeconds: 2,
      })
    } else {
      await wait(POLL_MS)
    }
  }
}

/** Refreshes a leased grant; null where a login has replaced it in the meantime. */
async function refresh(
  { keptGrants, grantSealer }: ProviderTokenOptions,
  source: GrantSource,
  stored: StoredGrant,
  grant: KeptGrant,
): Promise<AccessGrant | null> {
  const replace = (next: KeptGrant) =>
    keptGrants.replace(stored, toStored(grantSealer.seal(next, stored)))
  try {
    const fresh = await source.refresh(grant)
    return (await replace(fresh)) ? fresh.access : null
  } catch (error) {
    const isRefused = error instanceof LatchkeyError && error.code === 'reauthentication_required'
    // So that nobody asks with it again.
    if (isRefused && grant.refreshToken !== null) await replace({ ...grant, refreshToken: null })
    else await keptGrants.release(stored)
    throw error
  }
}
