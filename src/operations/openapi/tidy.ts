import { type Example, oauthRefused, refused } from '../../http/documented.ts'
import { TOO_MANY } from '../rate-limits.ts'
import { isOAuth, type Named, type OpenApi, type Operation, type Response } from './document.ts'
import { addHeaders } from './headers.ts'
import { tidySchemas } from './schemas.ts'

// What a status says where the route says nothing else of it.
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
  429: 'Too many requests from this address.',
  502: 'The provider refused or failed.',
  503: 'The database cannot be reached, or there is too much to do.',
  504: 'The provider did not answer within ten seconds.',
}

const TOO_LARGE = 'The body may have at most 64 KiB.'
const OTHER_TYPE = 'This content type is not accepted here.'
const DATABASE_AWAY = 'The database is away or overloaded.'

/** Says what the generator cannot know: what a status means, its content type, headers and examples. */
export function tidy(document: OpenApi): OpenApi {
  for (const operation of Object.values(document.paths ?? {}).flatMap(
    Object.values,
  ) as Operation[]) {
    const { 'x-notes': notes = {} } = operation
    const { examples = {}, answers = {} } = notes
    delete operation['x-notes']
    allowNoForm(operation)
    const all = {
      ...examples,
      ...refuseBodies(operation),
      ...tooOften(operation),
      ...awayDatabase(operation, examples),
    }
    for (const [status, response] of Object.entries(operation.responses)) {
      response.description = answers[Number(status)] ?? MEANINGS[status] ?? 'The answer.'
      if (Number(status) >= 400) nameContentType(response)
      addHeaders(status, response, notes)
    }
    for (const [name, example] of Object.entries(all)) addExample(operation, name, example)
  }
  tidySchemas(document)
  return document
}

/** Programs get a problem as JSON, and people get it as a page. */
function nameContentType(response: Response): void {
  const [media] = Object.values(response.content ?? {})
  if (media === undefined) return
  response.content = isOAuth(response)
    ? { 'application/json': { ...media } }
    : { 'application/problem+json': { ...media }, 'text/html': { schema: { type: 'string' } } }
}

/** A form that needs no field may be left out altogether. */
function allowNoForm({ requestBody }: Operation): void {
  const form = requestBody?.content['application/x-www-form-urlencoded']
  if (requestBody === undefined || form === undefined) return
  requestBody.required = 'required' in (form.schema as object)
}

/** What every route with a body refuses before it is asked. */
function refuseBodies(operation: Operation): Record<string, Example> {
  const { requestBody, responses } = operation
  const model = responses[400]
  if (requestBody === undefined || model === undefined) return {}
  responses[413] = structuredClone(model)
  responses[415] = structuredClone(model)
  const refuse = isOAuth(model) ? oauthRefused : refused
  return {
    body_too_large: refuse('payload_too_large', TOO_LARGE, { summary: 'A body of 100 KiB' }),
    body_of_other_type: refuse('unsupported_media_type', OTHER_TYPE, {
      summary: 'A body of text/csv',
    }),
  }
}

/** Whatever is limited answers the same beyond its limit. */
function tooOften(operation: Operation): Record<string, Example> {
  const response = operation.responses[429]
  if (response === undefined) return {}
  const refuse = isOAuth(response) ? oauthRefused : refused
  const sent = { summary: 'Too many requests from one address' }
  return { rate_limited: refuse('rate_limited', TOO_MANY, sent) }
}

/** Whatever stands on the database answers the same without it. */
function awayDatabase(operation: Operation, examples: object): Record<string, Example> {
  const response = operation.responses[503]
  if (response === undefined || 'database_away' in examples) return {}
  const refuse = isOAuth(response) ? oauthRefused : refused
  const sent = { summary: 'The database is away' }
  return { database_away: refuse('temporarily_unavailable', DATABASE_AWAY, sent) }
}

/** Puts an example's parts where OpenAPI has them; their common name keeps them together. */
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
  // The generator gives all content types of a body the same object.
  if (body !== undefined) for (const media of new Set(bodies)) add(media, body)
  const response = operation.responses[status]
  if (response === undefined) throw new Error(`the example ${name} has a status of its own`)
  const [media] = Object.values(response.content ?? {})
  if (location !== undefined) add(response.headers?.Location ?? {}, location)
  else if (media !== undefined) add(media, answer)
  else response['x-examples'] = { ...response['x-examples'], [name]: { summary } }
}
