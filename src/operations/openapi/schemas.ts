import { z } from 'zod'

/** A JSON Schema. */
export type JsonSchema = Record<string, unknown>

/** The schemas that have a name, as they are found. */
export type Components = Map<string, JsonSchema>

/**
 * A zod schema as JSON Schema. What has a name (`meta({ id })`) becomes a component and is referred to.
 * `input`: what is sent to us; `output`: what we answer.
 */
export function toSchema(
  schema: z.ZodType,
  io: 'input' | 'output',
  components: Components,
): JsonSchema {
  const { $schema, $defs, ...made } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => simplify(jsonSchema, io),
  })
  for (const [name, definition] of Object.entries($defs ?? {})) {
    const component = withReferences(definition)
    const known = components.get(name)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(component)) {
      throw new Error(`two schemas are called ${name}`)
    }
    components.set(name, component)
  }
  return withReferences(made)
}

/**
 * A format says more than its pattern, and a whole number needs no word about what a double can hold. An
 * answer may get further members one day, so that a client must not insist on those of today.
 */
function simplify(node: JsonSchema, io: 'input' | 'output'): void {
  if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum
  if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum
  if (typeof node.format === 'string') delete node.pattern
  if (io === 'output' && node.additionalProperties === false) delete node.additionalProperties
}

/** A JSON Schema with its references as OpenAPI has them. */
function withReferences(schema: object): JsonSchema {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')
  return JSON.parse(text) as JsonSchema
}
