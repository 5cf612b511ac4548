import { parse } from 'node:querystring'
import type { FastifyInstance } from 'fastify'

/** The content type of a form. */
export const FORM = ['application/x-www-form-urlencoded']
/** The content types of a route that takes both. */
export const FORM_OR_JSON = ['application/x-www-form-urlencoded', 'application/json']

/**
 * Reads JSON bodies. An empty body counts as none: many clients send the content type with every
 * request.
 */
export function acceptJson(app: FastifyInstance): void {
  const read = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, body, done) => {
      if (body === '') done(null)
      else void read(request, body, done)
    },
  )
}

/**
 * Lets the routes of a room take `application/x-www-form-urlencoded` bodies, with `json` also JSON,
 * and nothing else.
 */
export function acceptForms(room: FastifyInstance, options: { json?: boolean } = {}): void {
  if (options.json) room.removeContentTypeParser('text/plain')
  else room.removeAllContentTypeParsers()
  room.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    // No limit on the number of parameters: behind the first thousand, a repeated one would go
    // unnoticed.
    (_request, body, done) => done(null, parse(String(body), '&', '=', { maxKeys: 0 })),
  )
}
