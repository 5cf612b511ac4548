import type { FastifyInstance } from 'fastify'
import { type Client, findClient } from '../core/client/client.ts'
import { readScope } from '../core/client/scope.ts'
import { LatchkeyError } from '../core/errors.ts'
import { said } from '../core/messages.ts'
import { readBearer } from '../http/credentials.ts'
import { know } from '../http/log/known.ts'

/** What tells the room who calls: the claims of an access token of ours, null for any other. */
export interface AdminTokens {
  verify(token: string): {
    sub: string
    sid?: string | undefined
    aud: string | string[]
    client_id: string
    scope: string
  } | null
  issuer: string
}

/**
 * Furnishes a room whose routes a client calls for itself: by a token of the scope `admin` that it got by
 * client_credentials. No cookie counts, and the client's registration is looked at each time.
 */
export function requireAdmin(
  room: FastifyInstance,
  { tokens, clients }: { tokens: AdminTokens; clients: readonly Client[] },
): void {
  room.addHook('onRequest', (request, _reply, done) => {
    const token = readBearer(request)
    const claims = token === null ? null : tokens.verify(token)
    const isForUs = claims !== null && [claims.aud].flat().includes(tokens.issuer)
    if (!isForUs) return done(invalidToken())
    const client = findClient(clients, claims.client_id)
    if (!readScope(claims.scope).has('admin') || claims.sid !== undefined) {
      return done(
        new LatchkeyError('insufficient_scope', 'The access token needs the scope "admin".', {
          challenge: { scope: 'admin' },
          evidence: { client: claims.client_id },
        }),
      )
    }
    // A client that may no longer ask has no use for what it still holds.
    if (client?.isAdmin !== true) return done(invalidToken())
    request.adminClient = client.id
    know(request, { client: client.id })
    done()
  })
  room.decorateRequest('adminClient', '')
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The client that calls, behind `requireAdmin`. */
    adminClient: string
  }
}

const invalidToken = () => new LatchkeyError('invalid_token', said.sendAccessToken)
