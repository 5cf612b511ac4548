// Of undici its connections and nothing else: its door loads fetch, WebSocket, caches and mocks, too.
import connect from 'undici/lib/api/api-connect.js'
import requestBy from 'undici/lib/api/api-request.js'
import Agent from 'undici/lib/dispatcher/agent.js'
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js'
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js'

export type { Dispatcher } from 'undici'
export { Agent, ProxyAgent }

// As undici's door does it: a proxy is reached by `connect` of a dispatcher.
Object.assign(Dispatcher.prototype, { connect, request: requestBy })

/** What one call is made of. */
export interface OutgoingCall {
  dispatcher: Dispatcher
  method: 'GET' | 'POST' | 'DELETE'
  signal: AbortSignal
  headers: Readonly<Record<string, string>>
  body: string | null
}

/** Sends one request and gives the head of its answer; the body is read by whoever asked. */
export function request(
  { origin, pathname, search }: URL,
  { dispatcher, method, signal, headers, body }: OutgoingCall,
): Promise<Dispatcher.ResponseData> {
  const path = `${pathname}${search}`
  return requestBy.call(dispatcher, { origin, path, method, signal, headers, body })
}
