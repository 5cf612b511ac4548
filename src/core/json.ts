// Matches whole strings, too, so that digits within a string are not taken for a number.
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/**
 * JSON as others send it. Whole numbers too long for a double (subjects are 64-bit numbers at
 * some providers) become strings of their digits instead of the nearest double. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text)
  // Throws if it is not JSON, before its numbers are touched.
  JSON.parse(text)
  return JSON.parse(
    text.replace(STRING_OR_NUMBER, (token) =>
      /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
    ),
  )
}

/** Whether a JSON value is an object, and not an array. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
