/** A generated OpenAPI document, as far as it is touched here. */
export interface OpenApi {
  paths?: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, unknown> }
}

/** One operation; `x-examples` and `x-answers` are ours, and gone from what is published. */
export interface Operation {
  parameters?: { name: string; examples?: Named }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, Response>
  'x-examples'?: Readonly<Record<string, import('../../http/documented.ts').Example>>
  'x-answers'?: Readonly<Record<number, string>>
}

/** Examples by name: those of one name are one request and its answer. */
export type Named = Record<string, { summary?: string; value?: unknown }>

/** A body of one content type. */
export interface Media {
  schema?: unknown
  examples?: Named
}

/** What one status answers. */
export interface Response {
  description: string
  headers?: Record<string, { description: string; schema: unknown; examples?: Named }>
  content?: Record<string, Media>
  /** The examples of an answer that has neither body nor `Location`. */
  'x-examples'?: Named
}
