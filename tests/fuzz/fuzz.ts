import fc from 'fast-check'

/** How many times as many cases as in `npm test`: `npm run fuzz` asks for more. */
const factor = Number(process.env.FUZZ_FACTOR ?? 1)
/**
 * What the cases are made from: the same seed makes the same ones. `npm test` tries the same each time, so
 * that a change is what turns it red; `npm run fuzz` goes where nobody was.
 */
const seed = Number(
  process.env.FUZZ_SEED ?? (factor === 1 ? 20261128 : Math.floor(Math.random() * 2 ** 31)),
)

/** How a property is tried, with so many cases in `npm test`. */
export const cases = (count: number) => ({ seed, numRuns: count * factor })

/** For the title of a test: how to have the same cases again. */
export const again = `(FUZZ_SEED=${seed})`

/** Texts as strangers send them. */
export const nastyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    ...[
      '',
      ' ',
      '0',
      '-1',
      '1e999',
      'null',
      'true',
      '[object Object]',
      '%00',
      '%',
      '%zz',
      '\u0000',
    ],
    ...[
      '__proto__',
      'constructor',
      'toString',
      '../../etc/passwd',
      "' or 1=1 --",
      '{{7*7}}',
      '\r\n',
    ],
    ...['<script>alert(1)</script>', '{"a":', '[]', '\ud800', '\u202e', '9'.repeat(400)],
    ...['a'.repeat(5_000), 'é'.repeat(3_000), '2026-11-28', '00000000-0000-0000-0000-000000000000'],
    ...['https://evil.example/', 'javascript:alert(1)', 'http://[::1', '//evil.example', 'x@y'],
  ),
)

/** Values as a document may hold them in place of the right one. */
export const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    ...[null, true, false, 0, -0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER, 2 ** 53, [], {}, [[]]],
    ...[{ __proto__: null }, JSON.parse('{"__proto__":{"sub":"x"}}'), Array(300).fill('x')],
  ),
)

/** A document with some of its members, at any depth, replaced, left out or added. */
export function mutated(document: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({
    place: fc.nat(1_000),
    value: nastyValue,
    how: fc.constantFrom('replace', 'replace', 'remove', 'add', 'wrap'),
    name: nastyText,
  })
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const root = { root: structuredClone(document) }
    for (const { place, how, name, ...one } of changes) {
      // Some values are the same object each time, and must not hold one another.
      const value = structuredClone(one.value)
      const places = membersOf(root)
      const at = places[place % places.length]
      if (at === undefined) continue
      const { holder, key } = at
      if (how === 'replace') holder[key] = value
      else if (how === 'remove' && holder !== root) delete holder[key]
      else if (how === 'wrap') holder[key] = [holder[key]]
      else if (how === 'add')
        Object.defineProperty(holder, name, {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        })
    }
    return root.root
  })
}

type Holder = Record<string, unknown>

function membersOf(root: Holder): { holder: Holder; key: string }[] {
  return Object.entries(root).flatMap(([key, value]) => [
    { holder: root, key },
    ...(typeof value === 'object' && value !== null ? membersOf(value as Holder) : []),
  ])
}

/** A text with one of its characters changed, taken out or put in, or its end cut off. */
export const spoiled = (text: string, at: number, how: number, letter: string): string => {
  const place = text.length === 0 ? 0 : at % text.length
  const [before, after] = [text.slice(0, place), text.slice(place + 1)]
  const other = text[place] === letter ? (letter === 'A' ? 'B' : 'A') : letter
  return (
    [before + other + after, before + after, before + other + text.slice(place), before][how % 4] ??
    ''
  )
}
