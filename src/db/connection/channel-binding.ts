import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** The hash of a certificate's signature, by the object identifier of its algorithm (RFC 5929, section 4.1). */
const HASHES: Readonly<Record<string, string>> = {
  '2a864886f70d01010b': 'sha256', // sha256WithRSAEncryption
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256', // ecdsa-with-SHA256
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  // SHA-256 takes the place of MD5 and SHA-1.
  '2a864886f70d010104': 'sha256',
  '2a864886f70d010105': 'sha256',
  '2a8648ce3d0401': 'sha256',
}

/**
 * The `tls-server-end-point` of a connection, to which a SCRAM-SHA-256-PLUS sign-in is bound; null
 * if the connection is not encrypted or its certificate's algorithm has no such hash.
 */
export function serverEndPoint(socket: Socket): Buffer | null {
  if (!(socket instanceof TLSSocket)) return null
  const certificate = socket.getPeerX509Certificate()?.raw
  if (certificate === undefined) return null
  const hash = HASHES[signatureAlgorithm(certificate)]
  return hash === undefined ? null : createHash(hash).update(certificate).digest()
}

/**
 * The algorithm's object identifier in hex: Certificate ::= SEQUENCE { tbs, SEQUENCE { OID … }, … }
 * (RFC 5280).
 */
function signatureAlgorithm(certificate: Buffer): string {
  const outer = element(certificate, 0)
  const tbs = element(certificate, outer.from)
  const algorithm = element(certificate, tbs.to)
  const oid = element(certificate, algorithm.from)
  return certificate.toString('hex', oid.from, oid.to)
}

/** Where the content of a DER element begins and ends. */
function element(der: Buffer, at: number): { from: number; to: number } {
  const first = der.readUInt8(at + 1)
  if (first < 0x80) return { from: at + 2, to: at + 2 + first }
  const bytes = first & 0x7f
  const from = at + 2 + bytes
  return { from, to: from + der.readUIntBE(at + 2, bytes) }
}
