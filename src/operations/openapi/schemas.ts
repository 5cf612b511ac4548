import type { OpenApi, Operation } from './document.ts'

interface Schema {
  [keyword: string]: unknown
}

/** Leaves of the generated schemas what a reader needs, under the names that clients know. */
export function tidySchemas(document: OpenApi): void {
  const operations = Object.values(document.paths ?? {}).flatMap(Object.values) as Operation[]
  const bodies = operations.flatMap(({ requestBody, parameters = [] }) => [
    ...Object.values(requestBody?.content ?? {}),
    ...parameters,
  ])
  const answers = operations.flatMap(({ responses }) =>
    Object.values(responses).flatMap(({ content = {} }) => Object.values(content)),
  )
  for (const { schema } of bodies) simplify(schema)
  for (const { schema } of answers) simplify(schema, { open: true })
  removeUnused(document)
  const schemas = document.components?.schemas ?? {}
  for (const [name, schema] of Object.entries(schemas)) {
    simplify(schema, { open: !name.endsWith(INPUT) })
  }
  nameInputs(document)
}

/** What the generator adds to the name of a schema that a request has. */
const INPUT = 'Input'

/**
 * A format says more than its pattern, and a whole number needs no word about what a double can hold.
 * `open`: an answer may get further members one day, so a client must not insist on those of today.
 */
function simplify(schema: unknown, how: { open?: boolean } = {}): void {
  if (typeof schema !== 'object' || schema === null) return
  const node = schema as Schema
  if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum
  if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum
  if (typeof node.format === 'string') delete node.pattern
  if (how.open && node.additionalProperties === false) delete node.additionalProperties
  for (const value of Object.values(node)) simplify(value, how)
}

/** The generator makes an input and an output of every schema; what nothing refers to goes. */
function removeUnused(document: OpenApi): void {
  const schemas = document.components?.schemas ?? {}
  for (let before = -1; before !== Object.keys(schemas).length; ) {
    before = Object.keys(schemas).length
    const text = JSON.stringify(document)
    for (const name of Object.keys(schemas)) {
      if (!text.includes(`"#/components/schemas/${name}"`)) delete schemas[name]
    }
  }
}

/** A schema that only requests have is called as it is here. */
function nameInputs(document: OpenApi): void {
  const schemas = document.components?.schemas ?? {}
  const renamed = new Map<string, string>()
  for (const [name, schema] of Object.entries(schemas)) {
    const plain = name.slice(0, -INPUT.length)
    if (!name.endsWith(INPUT) || plain in schemas) continue
    delete schemas[name]
    schemas[plain] = schema
    renamed.set(`#/components/schemas/${name}`, `#/components/schemas/${plain}`)
  }
  const refer = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const reference = node as { $ref?: unknown }
    const to = renamed.get(String(reference.$ref))
    if (to !== undefined) reference.$ref = to
    for (const value of Object.values(node)) refer(value)
  }
  refer(document)
}
