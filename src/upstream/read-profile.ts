import { z } from 'zod'
import { type Profile, toProfile } from '../core/profile.ts'
import type { ProfileSource, ProviderRow } from '../core/provider.ts'
import { endpoint, type Metadata } from './metadata.ts'
import { invalidAnswer, type Outbound, readJson } from './outbound.ts'

/** Lets the row read who it is, with calls to the provider; a document of another shape is refused. */
export async function readProfile(
  options: Omit<ProfileSource, 'get' | 'has'> & {
    row: ProviderRow
    of: Metadata
    outbound: Outbound
    signal: AbortSignal
  },
): Promise<Profile> {
  const { row, of, outbound, signal, grant, claims, client, formUser } = options
  try {
    const read = await row.readProfile({
      grant,
      claims,
      client,
      formUser,
      has: (name) => of.endpoints[name] !== undefined,
      async get(name, { params = {}, headers = {}, absentOn = [] } = {}) {
        const url = new URL(endpoint(of, name))
        for (const [key, value] of Object.entries(params)) url.searchParams.set(key, value)
        const step = name.replace('_endpoint', '')
        const answer = await outbound.get(url.href, step, {
          signal,
          headers: { ...headers, authorization: `Bearer ${grant.accessToken}` },
        })
        return absentOn.includes(answer.status) ? null : readJson(answer, step)
      },
    })
    const profile = toProfile(read)
    if (claims !== null && (read.sub ?? profile.subject) !== claims.sub) {
      throw invalidAnswer('userinfo', 'subject_mismatch')
    }
    return profile
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    throw invalidAnswer('profile', 'shape', { field: error.issues[0]?.path.join('.') ?? '' })
  }
}
