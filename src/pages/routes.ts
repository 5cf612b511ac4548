import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { mayGiveIdToken } from '../core/provider/id-tokens.ts'
import type { ProviderRow } from '../core/provider/provider.ts'
import { publicDocument } from '../http/headers.ts'
import { preflightOfPublic } from '../http/routes/cors.ts'
import { route } from '../http/routes/route.ts'

/** For how long apps may keep the list. */
const LIST_CACHE_SECONDS = 60

/** One enabled provider, for apps that draw their own buttons. */
const ListedProvider = z
  .object({
    id: z.string().meta({ description: 'As in `/login/{provider}`.' }),
    name: z.string().meta({ description: 'As people know it.' }),
    login_url: z
      .url()
      .meta({ description: 'Where a login starts; add the parameters of the app.' }),
    auth_time: z.literal(true).optional().meta({
      description:
        'It says when the person authenticated: `max_age` and `prompt=login` can be kept.',
    }),
  })
  .meta({ id: 'Provider', description: 'A provider that people can sign in with here.' })

/** The fields of a row that the list is made from. */
type ListedRow = Pick<ProviderRow, 'id' | 'name' | 'authTime' | 'idToken' | 'scopes'>

/** The list of providers. */
export function pageRoutes(
  app: FastifyInstance,
  options: {
    publicUrl: string
    providers: readonly ListedRow[]
  },
): void {
  const { publicUrl, providers } = options
  const listed = providers.map((row) => ({
    id: row.id,
    name: row.name,
    login_url: `${publicUrl}/login/${row.id}`,
    ...(row.authTime && mayGiveIdToken(row) ? { auth_time: true as const } : {}),
  }))
  preflightOfPublic(app, '/providers')
  route(app, 'GET', '/providers', {
    docs: {
      operationId: 'listProviders',
      summary: 'The enabled providers',
      description: 'For apps that draw their own buttons.',
      tags: ['sign-in'],
      security: [],
      cacheSeconds: LIST_CACHE_SECONDS,
      answers: { 200: 'The providers, in the order in which the sign-in page shows them.' },
      examples: {
        providers: { summary: 'The first of them', status: 200, answer: listed.slice(0, 1) },
      },
    },
    responses: { 200: z.array(ListedProvider) },
    handle: ({ reply }) => {
      reply.headers(publicDocument(LIST_CACHE_SECONDS))
      return listed
    },
  })
}
