import { request } from 'node:http'
import { connect } from 'node:net'
import type { Answer } from './browser.ts'

/** A request that `fetch` would not send: any method, a header twice, a path as it is. */
export function rawRequest(
  url: string,
  options: {
    method?: string
    path?: string
    headers?: readonly string[]
    body?: string
    /** The address of this machine that it comes from. */
    localAddress?: string
  } = {},
): Promise<Answer> {
  const target = new URL(url)
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: target.hostname,
        port: target.port,
        method: options.method ?? 'GET',
        path: options.path ?? target.pathname + target.search,
        headers: ['host', target.host, ...(options.headers ?? [])],
        agent: false,
        ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => {
          const headers = new Headers()
          for (let place = 0; place < response.rawHeaders.length; place += 2) {
            headers.append(response.rawHeaders[place] ?? '', response.rawHeaders[place + 1] ?? '')
          }
          const location = headers.get('location')
          resolve({
            status: response.statusCode ?? 0,
            headers,
            text,
            json: () => JSON.parse(text),
            location: location === null ? null : new URL(location, target),
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(options.body)
  })
}

/** Writes these bytes to a fresh connection; gives all that comes back until it is closed. */
export function rawBytes(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(Number(port), hostname)
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      text += chunk
    })
    // A server that stops reading resets the connection; what it said before that counts.
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    socket.end(bytes)
  })
}
