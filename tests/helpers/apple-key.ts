import { generateKeyPairSync } from 'node:crypto'

/** A private key as Apple gives one in a .p8 file. */
export const applePrivateKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
