import type { Notes } from '../../http/documented.ts'

/** A generated OpenAPI document, as far as it is touched here. */
export interface OpenApi {
  paths?: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, unknown> }
}

/** One operation; `x-notes` are ours, and gone from what is published. */
export interface Operation {
  parameters?: { name: string; examples?: Named; schema?: unknown }[]
  requestBody?: { required?: boolean; content: Record<string, Media> }
  responses: Record<string, Response>
  'x-notes'?: Notes
}

/** Examples by name: those of one name are one request and its answer. */
export type Named = Record<string, { summary?: string; value?: unknown }>

/** A body of one content type. */
export interface Media {
  schema?: unknown
  examples?: Named
}

/** A header of an answer; `required` is one that each such answer has. */
export interface Header {
  description: string
  required: boolean
  schema: unknown
  examples?: Named
}

/** What one status answers. */
export interface Response {
  description: string
  headers?: Record<string, Header>
  content?: Record<string, Media>
  /** The examples of an answer that has neither body nor `Location`. */
  'x-examples'?: Named
}

/** Whether an answer is an error in the words of RFC 6749. */
export const isOAuth = (response: Response | undefined): boolean =>
  JSON.stringify(response?.content ?? {}).includes('/OAuthProblem')
