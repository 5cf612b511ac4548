import type { FastifyReply, FastifyRequest } from 'fastify'

/** Answers a request with a page for a person. */
export type SendPage<Page> = (
  page: Page,
  request: FastifyRequest,
  reply: FastifyReply,
) => FastifyReply
