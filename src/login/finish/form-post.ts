import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { defined } from '../../core/defined.ts'
import type { Sealer } from '../../core/secrets.ts'
import { pathOf } from '../../core/settings/public-url.ts'
import { readParameters } from '../../http/routes/query.ts'

/** The `user` parameter of a form_post callback on its way from the POST to the GET. */
export interface FormUsers {
  seal(user: string, state: string): string
  /** The JSON that was sealed for this state, null for anything else. */
  open(sealed: string | undefined, state: string): unknown
}

/** Seals the parameter, since it holds a name and a URL is no place for one. */
export function createFormUsers(sealer: Sealer): FormUsers {
  return {
    seal: (user, state) => sealer.seal(user, state),
    open(sealed, state) {
      const text = sealed === undefined ? null : sealer.open(sealed, state)
      try {
        return text === null ? null : JSON.parse(text)
      } catch {
        // Not signed by the provider, so malformed is as good as absent.
        return null
      }
    },
  }
}

/** A word that says more of a refusal. A sentence may hold anything, and a URL is no place for that. */
const Word = z
  .string()
  .regex(/^[\w.:-]{1,64}$/)
  .optional()
  .catch(undefined)

/** What is carried over (OAuth 2.0 Form Post Response Mode); an ID token in the form is not used. */
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
 * A cross-site POST comes without our SameSite=Lax cookies: it is sent on as a GET of the same path,
 * which brings them. Nothing is decided here.
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
