/** Our registration at a provider. */
export interface Registration {
  id: string
  secret: string
}

/** Id and secret as HTTP Basic, each form-encoded first (RFC 6749, section 2.3.1). */
export function basicAuth({ id, secret }: Registration): string {
  const encode = (text: string) => new URLSearchParams({ a: text }).toString().slice(2)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}

/** Client authentication as the provider wants it at its token endpoint: what goes where. */
export function clientAuth(
  method: 'client_secret_post' | 'client_secret_basic',
  client: Registration,
): { form: Record<string, string>; headers: Record<string, string> } {
  return method === 'client_secret_basic'
    ? { form: {}, headers: { authorization: basicAuth(client) } }
    : { form: { client_id: client.id, client_secret: client.secret }, headers: {} }
}
