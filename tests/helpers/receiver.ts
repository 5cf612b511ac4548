import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'

/** One request as it came. */
export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** An HTTP server of the app that is told things; it answers with `status`, or a path's own answer. */
export async function listenForEvents() {
  const requests: Received[] = []
  const answer = { status: 204, headers: {} as Record<string, string> }
  const answersAt = new Map<string, typeof answer>()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, body })
      const { status, headers } = answersAt.get(request.url ?? '') ?? answer
      response.writeHead(status, headers).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, requests, answer, answersAt }
}
