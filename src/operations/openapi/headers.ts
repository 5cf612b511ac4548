import type { Notes } from '../../http/documented.ts'
import { isOAuth, type Response } from './document.ts'

const text = { type: 'string' }

/** Names the headers of an answer that whoever reads it relies on. */
export function addHeaders(status: string, response: Response, notes: Notes): void {
  const header = (name: string, description: string, schema: object, required = true) => {
    response.headers = { ...response.headers, [name]: { description, required, schema } }
  }
  if (status === '302' || status === '303') header('Location', 'Where to go on.', text)
  if (status === '405') header('Allow', 'What is allowed here.', text)
  if (status === '429' || status === '503') {
    header('Retry-After', 'Seconds.', { type: 'integer', minimum: 1 })
  }
  if (status === '401' && isOAuth(response)) {
    const basic = '`Basic`, where the client tried to authenticate in this way.'
    header('WWW-Authenticate', basic, text, false)
  } else if (status === '401') {
    const bearer = 'Bearer error="invalid_token"'
    header('WWW-Authenticate', 'RFC 6750, section 3.', { ...text, const: bearer })
  }
  const cookies = notes.cookies?.[Number(status)]
  if (cookies !== undefined) header('Set-Cookie', cookies, text, false)
  if (status.startsWith('2')) {
    const { cacheSeconds: seconds } = notes
    const rule = seconds === undefined ? 'no-store' : `public, max-age=${seconds}`
    header('Cache-Control', 'Who may keep the answer, and how long.', { ...text, const: rule })
  }
}
