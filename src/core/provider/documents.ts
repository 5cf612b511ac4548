import { z } from 'zod'

/** A text that may be missing, null or of another type: it is null then, and nothing fails. */
export const optionalText = z.string().min(1).nullish().catch(null)

/** Accepts what providers write for true: `true`, `"true"`, `"1"`. */
export const lenientTrue = z
  .unknown()
  .optional()
  .transform((value) => [true, 'true', '1'].includes(value as never))
