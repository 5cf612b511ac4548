import { attachment, type Notes } from '../../http/routes/documented.ts'
import type { Header } from './document.ts'

const text = { type: 'string' }

/** The headers of an answer that its reader relies on. */
export function headersOf(
  status: number,
  { isOAuth, isProtected, notes }: { isOAuth: boolean; isProtected: boolean; notes: Notes },
): Record<string, Header> {
  const headers: Record<string, Header> = {}
  const header = (name: string, description: string, schema: object, required = true) => {
    headers[name] = { description, required, schema: { ...schema } }
  }
  if (status === 302 || status === 303) header('Location', 'Where to go on.', text)
  if (status === 405) header('Allow', 'What is allowed here.', text)
  if (status === 429 || status === 503) {
    header('Retry-After', 'Seconds.', { type: 'integer', minimum: 1 })
  }
  if (status === 401 && isOAuth) {
    const basic = '`Basic`, where the client tried to authenticate in this way.'
    header('WWW-Authenticate', basic, text, false)
  } else if (status === 401 && isProtected) {
    const bearer =
      '`Bearer error="invalid_token"` (RFC 6750, section 3); or `Bearer error="insufficient_user_authentication"` with `max_age` where the sign-in is too long ago (RFC 9470).'
    header('WWW-Authenticate', bearer, text)
  }
  if (status === 403 && notes.examples?.scope_missing !== undefined) {
    const scope =
      'Where the access token lacks a scope: `Bearer error="insufficient_scope"` with it.'
    header('WWW-Authenticate', scope, text, false)
  }
  const cookies = notes.cookies?.[status]
  if (cookies !== undefined) header('Set-Cookie', cookies, text, false)
  if (status >= 200 && status < 300) {
    const { cacheSeconds: seconds } = notes
    const rule = seconds === undefined ? 'no-store' : `public, max-age=${seconds}`
    header('Cache-Control', 'Who may keep the answer, and how long.', { ...text, const: rule })
    if (notes.fileName !== undefined) {
      const asFile = { ...text, const: attachment(notes.fileName) }
      header('Content-Disposition', 'That it is saved, and by which name.', asFile)
    }
  }
  return headers
}
