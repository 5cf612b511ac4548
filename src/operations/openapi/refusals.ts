import type { z } from 'zod'
import { said } from '../../core/messages.ts'
import { type Example, OAuthProblem, oauthRefused, refused } from '../../http/routes/documented.ts'
import type { RouteShape } from '../../http/routes/route.ts'

type Answers = RouteShape['responses']

/**
 * The answers of a route, with those that no route lists itself: a body may be refused without
 * being read.
 */
export function allAnswers({ form, json, responses }: RouteShape): Answers {
  const model = responses[400]
  if ((form ?? json) === undefined || model === undefined) return responses
  return { ...responses, 413: model, 415: model }
}

/** The examples of a route, with those that can happen to any request. */
export function allExamples(shape: RouteShape): Readonly<Record<string, Example>> {
  const answers = allAnswers(shape)
  const { examples = {}, withoutDatabase = false } = shape.docs
  const refuse = (status: number) => (isOAuth(answers[status]) ? oauthRefused : refused)
  return {
    ...examples,
    ...(answers[413] && {
      body_too_large: refuse(413)('payload_too_large', said.bodyTooLarge, {
        summary: 'A body of 100 KiB',
      }),
      body_of_other_type: refuse(415)('unsupported_media_type', said.otherContentType, {
        summary: 'A body of text/csv',
      }),
    }),
    ...(answers[429] && {
      rate_limited:
        examples.rate_limited ??
        refuse(429)('rate_limited', said.tooMany, {
          summary: 'Too many requests from one address',
        }),
    }),
    ...(answers[503] &&
      !withoutDatabase && {
        database_away: refuse(503)('temporarily_unavailable', said.databaseAway, {
          summary: 'The database is away',
        }),
      }),
  }
}

/** Whether an answer is an error in the words of RFC 6749. */
export const isOAuth = (answer: z.ZodType | { content: object } | undefined): boolean =>
  answer === OAuthProblem
