import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Sealer } from '../../core/secrets.ts'
import { cookieName, isHttps } from '../../core/settings/public-url.ts'

/** How many sessions one browser's cookie can name. */
const MOST = 10

/**
 * Remembers which sessions a browser opened whose apps got a code, and so have no cookies of their
 * own.
 */
export interface BrowserMarks {
  /** Marks the browser as the one that opened a session, at the end of its login. */
  add(request: FastifyRequest, reply: FastifyReply, sessionId: string): void
  /** Whether this browser opened the session. */
  has(request: FastifyRequest, sessionId: string): boolean
  /** Forgets a session that has ended. */
  remove(request: FastifyRequest, reply: FastifyReply, sessionId: string): void
}

const SessionIds = z.array(z.string())

/** Keeps the marks in one sealed cookie, which is no credential. */
export function createBrowserMarks(
  sealer: Sealer,
  { publicUrl, sessionTtlSeconds }: { publicUrl: string; sessionTtlSeconds: number },
): BrowserMarks {
  const name = cookieName(publicUrl, 'opened')
  const read = (request: FastifyRequest): string[] => {
    const text = sealer.open(request.cookies[name] ?? '', name)
    return text === null ? [] : (SessionIds.safeParse(JSON.parse(text)).data ?? [])
  }
  const write = (reply: FastifyReply, ids: readonly string[]) => {
    reply.setCookie(name, ids.length === 0 ? '' : sealer.seal(JSON.stringify(ids), name), {
      path: '/',
      httpOnly: true,
      secure: isHttps(publicUrl),
      sameSite: 'lax',
      maxAge: ids.length === 0 ? 0 : sessionTtlSeconds,
    })
  }
  return {
    add(request, reply, sessionId) {
      write(reply, [sessionId, ...read(request)].slice(0, MOST))
    },
    has: (request, sessionId) => read(request).includes(sessionId),
    remove(request, reply, sessionId) {
      const ids = read(request)
      if (ids.includes(sessionId))
        write(
          reply,
          ids.filter((id) => id !== sessionId),
        )
    },
  }
}
