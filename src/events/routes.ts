import type { FastifyInstance } from 'fastify'
import { unknownProvider } from '../core/provider/unknown-provider.ts'
import { route } from '../http/routes/route.ts'
import type { SendPage } from '../http/send-page.ts'
import { receiveEvent, receiveEventByGet, receivePart, showPart } from './docs.ts'
import { type ReceiveOptions, receive } from './receive.ts'

/** What the room of providers' events needs. */
export interface EventRoutesOptions extends ReceiveOptions {
  /** Sends the page that tells a person when their request was received and carried out. */
  sendReceivedPage: SendPage<{ provider: string; at: Date }>
}

/** `/providers/:provider/events` and what is below it. */
export function eventRoutes(room: FastifyInstance, options: EventRoutesOptions): void {
  // A proof covers the exact bytes of the body.
  room.removeAllContentTypeParsers()
  room.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  const path = '/providers/:provider/events'
  route(room, 'POST', path, {
    ...receiveEvent,
    handle: ({ params, request, reply }) =>
      receive(options, { ...params, path: '' }, request, reply),
  })
  route(room, 'GET', path, {
    ...receiveEventByGet,
    head: false,
    handle: ({ params, request, reply }) =>
      receive(options, { ...params, path: '' }, request, reply),
  })
  route(room, 'POST', `${path}/:part`, {
    ...receivePart,
    handle: ({ params: { provider, part }, request, reply }) =>
      receive(options, { provider, path: `/${part}` }, request, reply),
  })
  route(room, 'GET', `${path}/:part/:code`, {
    ...showPart,
    async handle({ params: { provider, part, code }, request, reply }) {
      const row = options.providerOf(provider)?.row
      const isPart = row?.events?.addresses.some((address) => address.path === `/${part}`)
      // Other texts are no codes of ours and are not sent to the database, which refuses some of
      // them.
      const isThere = isPart === true && /^[\w-]{1,200}$/.test(code)
      const at = isThere ? await options.store.receivedAt(provider, code) : null
      if (row === undefined || at === null) throw unknownProvider()
      return options.sendReceivedPage({ provider: row.name, at }, request, reply)
    },
  })
}
