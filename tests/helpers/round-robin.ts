import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A load balancer without any stickiness: each request goes to the next replica. */
export interface RoundRobin {
  url: string
  /** Base URLs of the replicas; may be filled after the start. */
  targets: string[]
  /** What was sent where: replica, method and path. */
  served: { replica: number; method: string; path: string }[]
  /** Sends the next request to this replica, and goes on from there. */
  turnTo(replica: number): void
  close(): Promise<void>
}

/** Starts it on a free port of loopback; it forwards everything as it comes, the Host header too. */
export async function startRoundRobin(): Promise<RoundRobin> {
  const targets: string[] = []
  const served: RoundRobin['served'] = []
  let next = 0
  const server = createServer((incoming, outgoing) => {
    const replica = next % targets.length
    next = replica + 1
    const { method = 'GET', url = '/', headers } = incoming
    served.push({ replica, method, path: url.split('?', 1)[0] ?? '' })
    const forwarded = send(new URL(url, targets[replica]), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.on('error', () => outgoing.writeHead(502).end())
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    targets,
    served,
    turnTo(replica) {
      next = replica
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
