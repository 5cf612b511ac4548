import { connect, type NetConnectOpts, type Socket } from 'node:net'

/** Where every connection reads into; what came is copied out before the next read. */
const ROOM = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * A connection that reads into one room for all and hands on copies that are as long as what came. By itself
 * Node makes 64 KiB for each read, however short the answer: some microseconds, and the memory to be given back.
 */
export async function openSocket(to: NetConnectOpts): Promise<Socket> {
  // From here on a promise's work, all of which Node does before it tells of an error: what the system refuses
  // at once (ENETUNREACH, EADDRNOTAVAIL, EMFILE) is told once the driver listens. Unheard, it would end the process.
  await undefined
  const socket = connect({
    ...to,
    onread: {
      buffer: ROOM,
      callback(length, room) {
        socket.emit('data', Buffer.from(room.subarray(0, length)))
        return true
      },
    },
  })
  return socket
}
