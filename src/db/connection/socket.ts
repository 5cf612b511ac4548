import { connect, type NetConnectOpts, type Socket } from 'node:net'

/** The buffer that every connection reads into; data is copied out before the next read. */
const ROOM = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * Opens a connection that reads into a shared buffer and passes on copies of just the received
 * length. By default Node allocates 64 KiB for each read, however short the answer, which costs
 * some microseconds and garbage collection.
 */
export async function openSocket(to: NetConnectOpts): Promise<Socket> {
  // Continues as a microtask, which Node runs before it emits errors: what the system refuses at
  // once (ENETUNREACH, EADDRNOTAVAIL, EMFILE) is emitted after the driver has added its listener.
  // Without a listener it would end the process.
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
