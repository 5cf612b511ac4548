import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { defined } from '../../core/defined.ts'
import type { Sealer } from '../../core/secrets.ts'
import { pathOf } from '../../core/settings/public-url.ts'
import { readParameters } from '../../http/routes/query.ts'

/** Carries the `user` parameter of a form_post callback from the POST to the GET that follows. */
export interface FormUsers {
  seal(user: string, state: string): string
  /** The JSON that was sealed for this state; null for anything else. */
  open(sealed: string | undefined, state: string): unknown
}

/** Seals the parameter: it holds a person's name, which must not be readable in a URL. */
export function createFormUsers(sealer: Sealer): FormUsers {
  return {
    seal: (user, state) => sealer.seal(user, state),
    open(sealed, state) {
      const text = sealed === undefined ? null : sealer.open(sealed, state)
      try {
        return text === null ? null : JSON.parse(text)
      } catch {
        // The provider does not sign it, so malformed counts as absent.
        return null
      }
    },
  }
}

/**
 * A single word that explains a refusal. Sentences are not passed on: they may hold anything, and
 * this goes into a URL.
 */
const Word = z
  .string()
  .regex(/^[\w.:-]{1,64}$/)
  .optional()
  .catch(undefined)

/**
 * The parameters that are passed on (OAuth 2.0 Form Post Response Mode); an ID token in the form is
 * not used.
 */
const PostedCallback = z.object({
  code: z.string().max(8192).optional(),
  state: z.string().max(512).optional(),
  iss: z.string().max(2048).optional(),
  error: z.string().max(4096).optional(),
  error_code: Word,
  error_description: Word,
  user: z.string().max(4096).optional(),
})

/**
 * Turns the POST of a provider's page into a GET of the same path. A cross-site POST comes without
 * our SameSite=Lax cookies, the GET brings them. Nothing is decided here.
 */
export function bounceForm(
  {
    provider,
    formUsers,
    issuer,
  }: { provider: { row: { id: string } }; formUsers: FormUsers; issuer: string },
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { user, ...carried } = readParameters(PostedCallback, request.body)
  const query = new URLSearchParams(defined(carried) as Record<string, string>)
  if (user !== undefined) query.set('form_user', formUsers.seal(user, carried.state ?? ''))
  return reply.redirect(`${pathOf(issuer)}/login/${provider.row.id}/callback?${query}`, 303)
}
