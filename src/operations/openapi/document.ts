import type { JsonSchema } from './schemas.ts'

/** One operation. */
export interface Operation {
  operationId: string
  summary: string
  description: string
  tags: readonly string[]
  security: readonly Readonly<Record<string, readonly string[]>>[]
  parameters?: Parameter[]
  requestBody?: { required: boolean; content: Record<string, Media> }
  responses: Record<string, Response>
}

/** A parameter of the path or the query. */
export interface Parameter {
  name: string
  in: 'path' | 'query'
  required: boolean
  description: unknown
  schema: JsonSchema
  examples?: Named
}

/** Examples by name: those of one name are one request and its answer. */
export type Named = Record<string, { summary: string; value?: unknown }>

/** A body of one content type. */
export interface Media {
  schema: JsonSchema
  examples?: Named
}

/** A header of an answer; `required` is one that each such answer has. */
export interface Header {
  description: string
  required: boolean
  schema: JsonSchema
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
