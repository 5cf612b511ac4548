import { z } from 'zod'

/** Anything that JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** Examples by name. */
export type Examples = Record<string, { summary?: string; value?: Json }>

interface Media {
  schema: Json
  examples?: Examples
}

/** One answer of an operation. */
export interface DescribedResponse {
  description: string
  headers?: Record<string, { required: boolean; schema: Json; examples?: Examples }>
  content?: Record<string, Media>
  'x-examples'?: Examples
}

/** One operation, as far as tests read it. */
export interface DescribedOperation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security: Record<string, string[]>[]
  parameters?: {
    name: string
    in: string
    description: string
    schema: Json
    examples?: Examples
  }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, DescribedResponse>
}

/** `/openapi.json`, as far as tests read it. */
export interface Description {
  info: { description: string } & Record<string, Json>
  servers: Json
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, DescribedOperation>>
  components: {
    schemas: Record<string, Json>
    securitySchemes: Record<string, { name?: string }>
  }
}

/**
 * A documented schema as something that checks: references replaced by what they name, and no member
 * allowed that is not described, which a client has to expect.
 */
export function schemaOf(components: Readonly<Record<string, unknown>>, schema: Json): z.ZodType {
  const closed = (node: { [name: string]: Json }) =>
    node.type === 'object' && node.additionalProperties === undefined
      ? { ...node, additionalProperties: false }
      : node
  const inline = (node: Json): Json => {
    if (Array.isArray(node)) return node.map(inline)
    if (typeof node !== 'object' || node === null) return node
    const name = /^#\/components\/schemas\/(.+)$/.exec(String(node.$ref))?.[1]
    if (name !== undefined) return inline(components[name] as Json)
    return closed(
      Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inline(value)])),
    )
  }
  return z.fromJSONSchema(inline(schema) as Parameters<typeof z.fromJSONSchema>[0])
}

/** One example of an operation: its request, and where its answer stands. */
export interface DescribedExample {
  /** `method path name` */
  id: string
  method: string
  path: string
  name: string
  operation: DescribedOperation
  status: number
  response: DescribedResponse
  /** Values of parameters, with `in`. */
  parameters: { name: string; in: string; value: string }[]
  body: Record<string, Json> | undefined
  answer: Json | undefined
  location: string | undefined
}

/** Every example of a description, put together by its name. */
export function examplesOf(description: Description): DescribedExample[] {
  return Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      Object.entries(operation.responses).flatMap(([status, response]) =>
        Object.keys(answersOf(response)).map((name) => ({
          ...{ id: `${method} ${path} ${name}`, method, path, name, operation, response },
          status: Number(status),
          parameters: (operation.parameters ?? []).flatMap((one) => {
            const value = one.examples?.[name]?.value
            return value === undefined ? [] : [{ name: one.name, in: one.in, value: String(value) }]
          }),
          body: bodyOf(operation)?.[name]?.value as Record<string, Json> | undefined,
          answer: Object.values(response.content ?? {})[0]?.examples?.[name]?.value,
          location: response.headers?.Location?.examples?.[name]?.value as string | undefined,
        })),
      ),
    ),
  )
}

/** The examples of an answer: of its body, of its `Location`, or of neither. */
export const answersOf = (response: DescribedResponse): Examples => ({
  ...Object.values(response.content ?? {})[0]?.examples,
  ...response.headers?.Location?.examples,
  ...response['x-examples'],
})

const bodyOf = (operation: DescribedOperation) =>
  Object.values(operation.requestBody?.content ?? {})[0]?.examples

/** The names of all examples in the request of an operation. */
export const requestExamples = (operation: DescribedOperation): string[] => [
  ...(operation.parameters ?? []).flatMap(({ examples = {} }) => Object.keys(examples)),
  ...Object.values(operation.requestBody?.content ?? {}).flatMap(({ examples = {} }) =>
    Object.keys(examples),
  ),
]
