import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onErrorHookHandler,
  onRequestAsyncHookHandler,
  onRequestHookHandler,
} from 'fastify'
import type { z } from 'zod'
import { defined } from '../../core/defined.ts'
import { LatchkeyError } from '../../core/errors.ts'
import type { Notes } from './documented.ts'
import { readParameters } from './query.ts'

/** What `/openapi.json` says about a route in words. */
export interface RouteDocs extends Notes {
  operationId: string
  summary: string
  description: string
  tags: readonly string[]
  security: readonly Readonly<Record<string, readonly string[]>>[]
  consumes?: readonly string[]
  produces?: readonly string[]
}

/** What each status answers: a schema, or one per content type. */
export type Responses = Readonly<Record<number, z.ZodType | { content: object }>>

/** One route: the same schemas describe it and check it. */
export interface RouteShape<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
  Answers extends Responses = Responses,
> {
  docs: RouteDocs
  params?: Params
  /** Read by OAuth's rules: an empty parameter counts as omitted, a repeated one is refused. */
  query?: Query
  /** A form, read by the same rules; also JSON where the room takes it. */
  form?: Body & z.ZodObject
  /** A JSON body. */
  json?: Body
  responses: Answers
}

/** What a handler gets: the values that were read, with request and reply. */
export interface Call<Params, Query, Body> {
  params: Params
  query: Query
  body: Body
  request: FastifyRequest
  reply: FastifyReply
}

/** What a handler returns: the body of a 200, or the reply that it has sent. */
export type Answer<Answers extends Responses> = Answers extends { 200: infer Ok extends z.ZodType }
  ? z.output<Ok> | FastifyReply
  : object

/** A route with its handler. */
export interface RouteSpec<
  Params extends z.ZodType,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Answers extends Responses,
> extends RouteShape<Params, Query, Body, Answers> {
  /** Runs before the body is read. */
  onRequest?: onRequestHookHandler | onRequestAsyncHookHandler
  /** Called for errors that are answered as problems. */
  onError?: onErrorHookHandler
  /**
   * Whether the handler reads query or form itself, because an error in it may have to be told to
   * somebody else.
   */
  readsItself?: boolean
  /** Whether HEAD is answered beside GET. Default: true. */
  head?: boolean
  handle(
    call: Call<z.output<Params>, z.output<Query>, z.output<Body>>,
  ): Answer<Answers> | Promise<Answer<Answers>>
}

/**
 * Adds a route to a room. The same object describes it in `/openapi.json` and validates its
 * requests.
 */
export function route<
  Params extends z.ZodType,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  const Answers extends Responses,
>(
  room: FastifyInstance,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  spec: RouteSpec<Params, Query, Body, Answers>,
): void {
  const { docs, params, query, form, json, responses, handle, onRequest, onError } = spec
  const { head = true, readsItself = false } = spec
  const body = form ?? json
  room.route({
    method,
    url: path,
    exposeHeadRoute: method === 'GET' && head,
    config: { described: { docs, responses, ...defined({ params, query, form, json }) } },
    schema: readsItself ? {} : defined({ params, querystring: query, body }),
    validatorCompiler: ({ schema, httpPart = '' }) => {
      const isPlain = httpPart === 'params' || (httpPart === 'body' && form === undefined)
      return isPlain
        ? valueBy(schema as unknown as z.ZodType, httpPart)
        : parametersBy(schema as unknown as z.ZodObject)
    },
    ...defined({ onRequest, onError }),
    handler: (request, reply) =>
      handle({
        params: request.params as z.output<Params>,
        query: request.query as z.output<Query>,
        body: request.body as z.output<Body>,
        request,
        reply,
      }) as never,
  })
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route's description for `/openapi.json`. */
    described?: RouteShape
  }
}

/** Validates a JSON body or path parameters, in the form that Fastify expects of a validator. */
const valueBy = (schema: z.ZodType, where: string) => (given: unknown) => {
  const read = schema.safeParse(given)
  if (read.success) return { value: read.data }
  const [issue] = read.error.issues
  const field = issue?.path[0] === undefined ? '' : ` "${String(issue.path[0])}"`
  const message = `The ${where}${field}: ${issue?.message ?? 'is not valid'}.`
  return { error: new LatchkeyError('invalid_request', message.slice(0, 300)) }
}

/** Validates parameters with `readParameters`, in the form that Fastify expects of a validator. */
const parametersBy = (schema: z.ZodObject) => (given: unknown) => {
  try {
    return { value: readParameters(schema, given) }
  } catch (error) {
    if (error instanceof LatchkeyError) return { error }
    throw error
  }
}
