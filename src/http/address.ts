import type { FastifyRequest } from 'fastify'

/** An address, in brackets or not, with the port that some proxies write behind it. */
const WITH_PORT = /^(?:\[([0-9a-f:.]+)\]|(\d{1,3}(?:\.\d{1,3}){3}))(?::\d+)?$/i

/** An address as a proxy may write it, without brackets and port. */
export function withoutPort(address: string): string {
  const [, inBrackets, plain] = WITH_PORT.exec(address) ?? []
  return inBrackets ?? plain ?? address
}

/** The address that a request comes from. */
export const addressOf = (request: FastifyRequest): string => withoutPort(request.ip)
