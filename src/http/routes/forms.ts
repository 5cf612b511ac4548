import { parse } from 'node:querystring'
import type { FastifyInstance } from 'fastify'

/** The content type of a form. */
export const FORM = ['application/x-www-form-urlencoded']
/** What a room takes that accepts both. */
export const FORM_OR_JSON = ['application/x-www-form-urlencoded', 'application/json']

/**
 * Reads JSON. Nothing at all counts as no body: many clients name the type with every request, also
 * with those that send none.
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
 * Lets the routes of this room take `application/x-www-form-urlencoded` bodies, and JSON where it is
 * asked for; nothing else.
 */
export function acceptForms(room: FastifyInstance, options: { json?: boolean } = {}): void {
  if (options.json) room.removeContentTypeParser('text/plain')
  else room.removeAllContentTypeParsers()
  room.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    // All of it: of a parameter behind the first thousand nobody would see that it stands twice.
    (_request, body, done) => done(null, parse(String(body), '&', '=', { maxKeys: 0 })),
  )
}
