import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Account } from '../core/account.ts'
import type { Accounts, Identities, Sessions } from '../core/stores.ts'
import { cleanLocale, cleanPicture, cleanText } from '../core/text.ts'
import { refused } from '../http/documented.ts'
import { exampleAccount, forgedCookie, withoutToken } from '../http/examples.ts'
import { InvalidToken, Problem } from '../http/problems.ts'
import { exportRoute } from './export.ts'
import { identityRoutes } from './identities.ts'
import { type LeaveOptions, leaveRoute } from './leave.ts'
import { type LinkOptions, linkRoute } from './link.ts'
import { callerOf, invalidToken, requireToken, type TokenOptions } from './protected.ts'
import { type ProviderTokenOptions, providerTokenRoute } from './provider-token.ts'
import { sessionRoutes } from './sessions.ts'

/** An edit is stored as it was sent, or refused: a text that would be cleaned is one the user did not mean. */
const edited = (max: number, clean: (text: string) => string | null, message: string) =>
  z
    .string()
    .max(max)
    .refine((text) => clean(text) === text, message)
    .nullable()
    .optional()

const AccountEdits = z
  .strictObject({
    // 255 code points, of at most two units each.
    name: edited(510, cleanText, 'must be 1 to 255 characters of plain text').meta({
      description: '1 to 255 characters of plain text.',
    }),
    picture: z
      .string()
      .max(2048)
      .refine((url) => cleanPicture(url) !== null, 'must be an https URL')
      // Stored as browsers write it: a host in lower case, spaces as %20.
      .overwrite((url) => cleanPicture(url) ?? url)
      .nullable()
      .optional()
      .meta({ description: 'An https URL.' }),
    locale: edited(35, cleanLocale, 'must be a language tag such as ko or en-US').meta({
      description: 'A language tag such as ko or en-US.',
    }),
  })
  .meta({ id: 'AccountEdits', description: 'null goes back to what the provider says.' })

/** `/me` and all below it: the signed-in user. */
export async function accountRoutes(
  room: FastifyInstance,
  options: TokenOptions &
    LinkOptions &
    LeaveOptions &
    ProviderTokenOptions & { accounts: Accounts; identities: Identities; sessions: Sessions },
): Promise<void> {
  const { accounts, sessions } = options
  requireToken(room, options)
  const typed = room.withTypeProvider<ZodTypeProvider>()
  const shared = { tags: ['account'], security: [{ accessToken: [] }, { sessionCookie: [] }] }
  const problems = { 401: InvalidToken, 503: Problem }

  typed.get(
    '/me',
    {
      schema: {
        ...shared,
        operationId: 'getMe',
        summary: 'The signed-in user',
        description: 'OpenID Connect UserInfo claims, and the identities the user signs in with.',
        response: { 200: Account, ...problems },
        answers: { 200: 'The user.' },
        examples: {
          signed_in: { summary: 'With an access token', status: 200, answer: exampleAccount },
          no_token: withoutToken,
        },
      },
    },
    async (request, reply) => {
      const { userId, sessionId } = callerOf(request)
      const json = await accounts.findJsonBySession(userId, sessionId)
      if (json === null) throw invalidToken()
      // Already text: it is sent as the database made it.
      return reply.type('application/json; charset=utf-8').send(json as never)
    },
  )

  typed.patch(
    '/me',
    {
      schema: {
        ...shared,
        operationId: 'editMe',
        summary: 'Edit the signed-in user',
        description:
          'What is left out stays as it is. With the session cookie it needs a registered `Origin`.',
        body: AccountEdits,
        response: { 200: Account, 400: Problem, 403: Problem, ...problems },
        answers: { 200: 'The user as edited.', 403: 'The request may be forged.' },
        examples: {
          rename: {
            summary: 'Another name',
            body: { name: '김민지', locale: 'ko' },
            status: 200,
            answer: { ...exampleAccount, name: '김민지', locale: 'ko' },
          },
          wrong_locale: refused(
            'invalid_request',
            'The body "locale": must be a language tag such as ko or en-US.',
            { summary: 'Not a language', body: { locale: 'Korean language' } },
          ),
          forged: forgedCookie({ body: { name: '김민지' } }),
          no_token: { ...withoutToken, body: { name: '김민지' } },
        },
      },
    },
    async (request) => {
      const { userId, sessionId } = callerOf(request)
      const account = await accounts.edit(userId, sessionId, request.body)
      if (account === null) throw invalidToken()
      return account
    },
  )

  leaveRoute(room, options)
  exportRoute(room, accounts)
  identityRoutes(room, options)
  // The only one that takes forms.
  await room.register(async (inner) => linkRoute(inner, options))
  providerTokenRoute(room, options)
  sessionRoutes(room, sessions)
}
