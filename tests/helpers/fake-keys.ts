import { readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'

/** A key pair of the fake provider. */
export interface FakeKey {
  kid: string
  alg: string
  privateKey: CryptoKey
  jwk: JWK
}

/** How many pairs of each algorithm this test file was given. */
const given = new Map<string, number>()

/** Said before each test file: none of those before it uses its keys any more. */
export const forgetKeys = (): void => given.clear()

/** A key pair as an identity provider has one, and as no other of the test file is. */
export async function makeKey(kid: string, alg = 'RS256'): Promise<FakeKey> {
  const turn = given.get(alg) ?? 0
  given.set(alg, turn + 1)
  const pair = await pairOf(alg, turn)
  const privateKey = (await importJWK(pair, alg, { extractable: true })) as CryptoKey
  const { d, p, q, dp, dq, qi, ...open } = pair
  return { kid, alg, privateKey, jwk: { ...open, kid, alg, use: 'sig' } }
}

/** The private key of a pair that all files of this run share: an RSA key takes 100 ms of computing. */
async function pairOf(alg: string, turn: number): Promise<JWK> {
  const path = join(tmpdir(), `fake-key-${alg}-${turn}.json`)
  const read = async () => JSON.parse(await readFile(path, 'utf8')) as JWK
  return read().catch(async () => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true })
    const jwk = await exportJWK(privateKey)
    // Whoever else makes it now writes another: whichever is there in the end is one of two good ones.
    await writeFile(`${path}.${process.pid}`, JSON.stringify(jwk))
    await rename(`${path}.${process.pid}`, path)
    return jwk
  })
}
