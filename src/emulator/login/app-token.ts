import { createHmac, timingSafeEqual } from 'node:crypto'

/** A stateless token with which the app itself calls, not a person; `seconds` is its life. */
export function appToken(secret: string, seconds: number): string {
  const expires = String(Math.floor(Date.now() / 1000) + seconds)
  return `${expires}.${sealOf(expires, secret)}`
}

/** True for the header of a request with an app's token that has not expired. */
export function bearsAppToken(authorization: string | undefined, secret: string): boolean {
  const [, expires = '', seal = ''] = /^Bearer (\d+)\.(\S+)$/.exec(authorization ?? '') ?? []
  const [given, right] = [Buffer.from(seal), Buffer.from(sealOf(expires, secret))]
  const sealed = given.length === right.length && timingSafeEqual(given, right)
  return sealed && Number(expires) > Date.now() / 1000
}

function sealOf(expires: string, secret: string): string {
  return createHmac('sha256', secret).update(expires).digest('base64url')
}
