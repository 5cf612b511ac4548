import { z } from 'zod'
import { said } from '../core/messages.ts'
import { Problem } from '../http/errors/problems.ts'
import { NoBody, refused } from '../http/routes/documented.ts'
import type { RouteShape } from '../http/routes/route.ts'

const NOT_THERE = 'No such provider is enabled, or what proves its events is not set.'

const shared = {
  tags: ['events'],
  security: [],
}

/** The path parameters of a provider's events. */
export const EventParams = z.object({
  provider: z.string().meta({ description: 'Provider id.', example: 'kakao' }),
})

/** The path parameters of a provider's second kind of events. */
export const PartParams = EventParams.extend({
  part: z.string().meta({ description: 'Facebook: `data-deletion`.', example: 'data-deletion' }),
})

/** The path parameters of the page about one event. */
export const CodeParams = PartParams.extend({
  code: z.string().meta({ description: '`confirmation_code` of the answer.', example: 'abc' }),
})

const answers = {
  200: 'Received; the body is what the provider wants.',
  202: 'Received (RFC 8935).',
  204: 'Received.',
  400: 'The security event token is refused (RFC 8935, section 2.3).',
  401: 'The proof does not hold.',
  429: 'Too many proofs from this address did not hold.',
}

const SetError = z
  .object({
    err: z.string().meta({ description: 'What is wrong, for programs.' }),
    description: z.string().meta({ description: 'What is wrong, for people.' }),
  })
  .meta({ id: 'SecurityEventError', description: 'Why a security event token is refused.' })

const Deletion = z
  .object({
    url: z.url().meta({ description: 'The page that says what became of it.' }),
    confirmation_code: z.string().meta({ description: 'The code of the request.' }),
  })
  .meta({ id: 'DataDeletion', description: 'The answer to a data deletion request.' })

const responses = {
  200: { content: { 'text/plain': { schema: z.string() } } },
  202: NoBody,
  204: NoBody,
  400: { content: { 'application/json': { schema: SetError } } },
  401: NoBody,
  404: Problem,
  429: Problem,
}

/** The answer to a sender whose proof has failed too often. */
const tooMany = (parameters: Record<string, string>) => ({
  rate_limited: refused('rate_limited', said.tooMany, {
    summary: 'Too many proofs from one address that did not hold',
    parameters,
  }),
})

const unknown = (parameters: Record<string, string>) => ({
  not_enabled: refused('unknown_provider', said.unknownProvider, {
    summary: 'From a provider that tells nothing here',
    parameters,
  }),
})

/** `POST /providers/:provider/events`. */
export const receiveEvent = {
  docs: {
    ...shared,
    operationId: 'receiveProviderEvent',
    summary: 'What a provider tells',
    description:
      'For providers: consent that was withdrawn, accounts that are gone, sessions that were revoked, in the provider’s own form and proof. Nothing changes without a valid proof. Unknown, repeated and more than 30 days old events are acknowledged and change nothing. `npm run doctor` says where in each console the address goes.',
    answers: { ...answers, 404: NOT_THERE },
    examples: { ...unknown({ provider: 'nobody' }), ...tooMany({ provider: 'kakao' }) },
  },
  params: EventParams,
  responses,
} satisfies RouteShape

/** `GET /providers/:provider/events`. */
export const receiveEventByGet = {
  docs: {
    ...receiveEvent.docs,
    operationId: 'receiveProviderEventByGet',
    summary: 'What a provider tells by GET',
    description: 'For providers that send by GET where the console has it chosen (Kakao).',
    answers: { ...receiveEvent.docs.answers, 405: 'This provider sends by POST only.' },
  },
  params: EventParams,
  responses: { ...responses, 405: Problem },
} satisfies RouteShape

/** `POST /providers/:provider/events/:part`. */
export const receivePart = {
  docs: {
    ...receiveEvent.docs,
    operationId: 'receiveProviderEventOfKind',
    summary: 'What a provider tells at an address of its own',
    description:
      'Facebook’s data deletion request; the answer names a page that says what became of it.',
    examples: {
      ...unknown({ provider: 'nobody', part: 'data-deletion' }),
      ...tooMany({ provider: 'facebook', part: 'data-deletion' }),
    },
  },
  params: PartParams,
  responses: { ...responses, 200: { content: { 'application/json': { schema: Deletion } } } },
} satisfies RouteShape

/** `GET /providers/:provider/events/:part/:code`. */
export const showPart = {
  docs: {
    ...shared,
    operationId: 'showProviderEvent',
    summary: 'What became of a request',
    description: 'The page for a person who asked a provider to have their data deleted here.',
    produces: ['text/html'],
    answers: {
      200: 'When it was received, and that it is done.',
      404: 'No such request is remembered.',
    },
    examples: unknown({ provider: 'nobody', part: 'data-deletion', code: 'abc' }),
  },
  params: CodeParams,
  responses: { 200: z.string(), 404: Problem },
} satisfies RouteShape
