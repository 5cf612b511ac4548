import type { z } from 'zod'

/** The paths at which a document was invalid; values are never repeated. */
export const fieldsOf = ({ issues }: z.ZodError): string =>
  [...new Set(issues.map(({ path }) => path.map(String).join('.') || '(document)'))]
    .slice(0, 5)
    .join(', ')
