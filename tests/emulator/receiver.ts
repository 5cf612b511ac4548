import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came in. */
export interface Received {
  method: string
  path: string
  query: URLSearchParams
  headers: Record<string, string>
  body: string
}

/** What a receiver answers. */
export interface Given {
  status: number
  headers?: Record<string, string>
  body?: string
}

/** An app on loopback that keeps whatever the emulator tells it, and answers by `answer`. */
export async function startReceiver() {
  const received: Received[] = []
  const receiver = {
    url: '',
    received,
    answer: (_request: Received): Given | Promise<Given> => ({ status: 200 }),
    /** The last request. */
    last(): Received {
      const request = received.at(-1)
      if (!request) throw new Error('nothing was received')
      return request
    },
    close: () => new Promise<unknown>((done) => server.close(done)),
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url ?? '', 'http://localhost')
    const got = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString(),
    }
    received.push(got)
    const { status, headers, body } = await receiver.answer(got)
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return receiver
}
