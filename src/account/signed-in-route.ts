import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ScopeName } from '../core/client/scope.ts'
import { defined } from '../core/defined.ts'
import { InvalidToken, Problem } from '../http/errors/problems.ts'
import { askerOf } from '../http/requests/asker.ts'
import {
  forgedCookie,
  signedInLongAgo,
  withNarrowToken,
  withoutToken,
} from '../http/routes/examples.ts'
import {
  type Answer,
  type Call,
  type Responses,
  type RouteDocs,
  type RouteShape,
  route,
} from '../http/routes/route.ts'
import { type Caller, callerOf } from './protected.ts'

/** The description of a signed-in user's route, without what all of them share. */
export interface SignedInShape<
  Params extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answers extends Responses = Responses,
> extends Pick<RouteShape<Params, z.ZodObject, Body, Answers>, 'params' | 'form' | 'json'> {
  docs: Omit<RouteDocs, 'tags' | 'security'>
  /** The scope that the token must have; null where none is needed. Default: `account`. */
  scope?: ScopeName | null
  /** Whether the person must have signed in recently (REAUTH_MAX_AGE). */
  recent?: true
  responses: Answers
}

/** Gives a description back unchanged, typed by its schemas. */
export const describe = <
  Params extends z.ZodType,
  Body extends z.ZodType,
  const Answers extends Responses,
>(
  shape: SignedInShape<Params, Body, Answers>,
) => shape

const FORGED = 'The session cookie came from the page of another origin: the request may be forged.'
const NARROW = 'The access token lacks the scope.'

/** Adds a route to a room below `requireToken`. */
export function signedInRoute<
  Params extends z.ZodType,
  Body extends z.ZodType,
  const Answers extends Responses,
>(
  room: FastifyInstance,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  { docs, responses, scope = 'account', recent, ...shape }: SignedInShape<Params, Body, Answers>,
  handle: (
    call: Call<z.output<Params>, unknown, z.output<Body>> & { caller: Caller },
  ) => Promise<Answer<Answers>>,
): void {
  const [{ parameters, body } = {}] = Object.values(docs.examples ?? {})
  const sent = defined({ parameters, body })
  const changes = method !== 'GET'
  route(room, method, path, {
    ...shape,
    docs: {
      ...docs,
      tags: ['account'],
      security: [{ accessToken: [] }, { sessionCookie: [] }],
      answers: {
        403: scope === null ? FORGED : `${FORGED} ${NARROW}`,
        ...docs.answers,
      },
      examples: {
        ...docs.examples,
        forged: forgedCookie(sent),
        ...(scope === null ? {} : { scope_missing: withNarrowToken(scope, sent) }),
        ...(recent && { signed_in_long_ago: signedInLongAgo(sent) }),
        no_token: { ...withoutToken, ...sent },
      },
    },
    responses: {
      403: Problem,
      ...(scope === null ? {} : { 429: Problem }),
      401: recent ? z.union([InvalidToken, Problem]) : InvalidToken,
      503: Problem,
      ...responses,
    },
    handle: ({ params, query, body, request, reply }) => {
      const known = callerOf(request)
      const caller = changes ? { ...known, asker: askerOf(request) } : known
      return handle({ params, query, body, request, reply, caller }) as Promise<never>
    },
  })
}
