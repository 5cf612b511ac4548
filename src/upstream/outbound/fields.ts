import type { z } from 'zod'

/** The paths that a document was refused for; a value is never repeated. */
export const fieldsOf = ({ issues }: z.ZodError): string =>
  [...new Set(issues.map(({ path }) => path.map(String).join('.') || '(document)'))]
    .slice(0, 5)
    .join(', ')
