import { parse } from 'node:querystring'
import type { FastifyInstance } from 'fastify'

/** Lets the routes of this room take `application/x-www-form-urlencoded` bodies, and nothing else. */
export function acceptForms(room: FastifyInstance): void {
  room.removeAllContentTypeParsers()
  room.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, parse(String(body))),
  )
}
