import { z } from 'zod'
import { defined } from '../../core/defined.ts'
import { type Example, NoBody } from '../../http/routes/documented.ts'
import { FORM } from '../../http/routes/forms.ts'
import type { RouteShape } from '../../http/routes/route.ts'
import type { Media, Named, Operation, Parameter, Response } from './document.ts'
import { headersOf } from './headers.ts'
import { allAnswers, allExamples, isOAuth } from './refusals.ts'
import { type Components, type JsonSchema, toSchema } from './schemas.ts'

// The description of a status for which the route has none.
const MEANINGS: Record<string, string> = {
  200: 'The answer.',
  204: 'Done.',
  302: 'On to the provider.',
  303: 'On to where the request came from.',
  400: 'The request is malformed, or what it shows does not count.',
  401: 'The credential is missing or not valid.',
  403: 'Refused.',
  404: 'Not found.',
  405: 'Another method is needed.',
  409: 'It would contradict what is there.',
  413: 'The body has more than 64 KiB.',
  415: 'The body has another content type.',
  429: 'Too many requests from this address, or of this user.',
  502: 'The provider refused or failed.',
  503: 'The database cannot be reached, or there is too much to do.',
  504: 'The provider did not answer within ten seconds.',
}

/** A page cannot follow a redirect to another site, nor see where it leads. */
const TO_TRY =
  'It redirects the browser. To try it, open its address in a tab: a request from this page only shows that there is a redirect.'

const JSON_ONLY = ['application/json']

/** One operation, made from the schemas that the route is checked by. */
export function toOperation(shape: RouteShape, components: Components): Operation {
  const { operationId, summary, description, tags, security } = shape.docs
  const parameters = [
    ...parametersIn('path', shape.params, components),
    ...parametersIn('query', shape.query, components),
  ]
  const answers = Object.entries(allAnswers(shape))
  const leadsOn = answers.some(([status]) => ['302', '303'].includes(status))
  const operation: Operation = {
    operationId,
    summary,
    tags,
    security,
    description: leadsOn ? `${description}\n\n${TO_TRY}` : description,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...defined({ requestBody: requestBodyOf(shape, components) }),
    responses: Object.fromEntries(
      answers.map(([status, answer]) => [
        status,
        toResponse(Number(status), answer, shape, components),
      ]),
    ),
  }
  for (const [name, example] of Object.entries(allExamples(shape))) {
    addExample(operation, name, example)
  }
  return operation
}

function parametersIn(
  place: 'path' | 'query',
  schema: z.ZodType | undefined,
  components: Components,
): Parameter[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = toSchema(schema, 'input', components)
  return Object.entries(properties as Record<string, JsonSchema>).map(([name, property]) => {
    const { description, ...rest } = property
    const isRequired = place === 'path' || (required as string[]).includes(name)
    return { name, in: place, required: isRequired, description, schema: rest }
  })
}

function requestBodyOf({ docs, form, json }: RouteShape, components: Components) {
  const body = form ?? json
  if (body === undefined) return undefined
  const schema = toSchema(body, 'input', components)
  const types = docs.consumes ?? (form === undefined ? JSON_ONLY : FORM)
  const content = Object.fromEntries(types.map((type): [string, Media] => [type, { schema }]))
  // If no field is required, the whole form can be left out.
  return { required: form === undefined || form.safeParse({}).success === false, content }
}

function toResponse(
  status: number,
  answer: RouteShape['responses'][number],
  { docs }: RouteShape,
  components: Components,
): Response {
  const isProtected = docs.security.length > 0
  const headers = headersOf(status, { isOAuth: isOAuth(answer), isProtected, notes: docs })
  const content = contentOf(status, answer, docs.produces ?? JSON_ONLY, components)
  return {
    description: docs.answers?.[status] ?? MEANINGS[status] ?? 'The answer.',
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...defined({ content }),
  }
}

/** Bodies by content type: programs get a problem as JSON, and people get it as a page. */
function contentOf(
  status: number,
  answer: RouteShape['responses'][number],
  produces: readonly string[],
  components: Components,
): Record<string, Media> | undefined {
  if (answer === NoBody) return undefined
  const media = (schema: z.ZodType): Media => ({ schema: toSchema(schema, 'output', components) })
  if (!(answer instanceof z.ZodType)) {
    const types = Object.entries(answer.content as Record<string, { schema: z.ZodType }>)
    return Object.fromEntries(types.map(([type, { schema }]) => [type, media(schema)]))
  }
  if (status < 400) return Object.fromEntries(produces.map((type) => [type, media(answer)]))
  return isOAuth(answer)
    ? { 'application/json': media(answer) }
    : { 'application/problem+json': media(answer), 'text/html': { schema: { type: 'string' } } }
}

/** Puts an example's parts in their places in OpenAPI; a common name connects them. */
function addExample(operation: Operation, name: string, example: Example): void {
  const { summary, parameters = {}, body, status, answer, location } = example
  const add = (place: { examples?: Named }, value: unknown) => {
    place.examples = { ...place.examples, [name]: { summary, value } }
  }
  for (const parameter of operation.parameters ?? []) {
    const value = parameters[parameter.name]
    if (value !== undefined) add(parameter, value)
  }
  const bodies = Object.values(operation.requestBody?.content ?? {})
  if (body !== undefined) for (const media of bodies) add(media, body)
  const response = operation.responses[status]
  if (response === undefined) throw new Error(`the example ${name} has a status of its own`)
  const [media] = Object.values(response.content ?? {})
  const redirect = response.headers?.Location
  if (location !== undefined && redirect !== undefined) add(redirect, location)
  else if (media !== undefined) add(media, answer)
  else response['x-examples'] = { ...response['x-examples'], [name]: { summary } }
}
