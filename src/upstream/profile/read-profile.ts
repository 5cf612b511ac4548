import { z } from 'zod'
import { type Profile, toProfile } from '../../core/identity/profile.ts'
import { isObject } from '../../core/json.ts'
import type { ProfileSource } from '../../core/provider/provider.ts'
import { withQuery } from '../authorization.ts'
import { requireMember } from '../id-token/membership.ts'
import { endpoint, stepOf } from '../metadata/metadata.ts'
import { fieldsOf } from '../outbound/fields.ts'
import { errorCodeOf, invalidAnswer, readApiJson } from '../outbound/read-answer.ts'
import type { ProviderCall } from '../provider-call.ts'
import { askUserinfo } from './userinfo.ts'

/**
 * Has the row read the profile, with calls to the provider where it needs them. Throws for a
 * document of an unexpected shape.
 */
export async function readProfile(
  call: ProviderCall,
  { tokenResponse, claims, formUser }: Pick<ProfileSource, 'tokenResponse' | 'claims' | 'formUser'>,
): Promise<Profile> {
  const { row, metadata, registration, outbound, deadline } = call
  let isComplete = true
  let document: Record<string, unknown> = claims ?? {}
  /** The last answer, which may be an error under a status of success. */
  let answered: unknown = null
  try {
    const read = await row.readProfile({
      tokenResponse,
      claims,
      client: registration,
      formUser,
      async userinfo(options) {
        const asked = await askUserinfo(call, tokenResponse.accessToken, claims, options)
        isComplete = asked.isComplete
        document = claims ?? asked.document ?? {}
        answered = asked.document
        return asked.document
      },
      async get(name, { params = {}, headers = {}, absentOn = [] } = {}) {
        const url = withQuery(endpoint(metadata, name), params)
        const step = stepOf(name)
        const answer = await outbound.get(url, step, {
          deadline,
          headers: { ...headers, authorization: `Bearer ${tokenResponse.accessToken}` },
        })
        if (absentOn.includes(answer.status)) return null
        answered = readApiJson(answer, step, row.apiError)
        return answered
      },
    })
    const profile = toProfile(read)
    if (claims !== null && (read.sub ?? profile.subject) !== claims.sub) {
      throw invalidAnswer('userinfo', 'subject_mismatch')
    }
    requireMember(row, call.values, document)
    // A profile without e-mail that may be incomplete does not mean that the person gave the
    // address up.
    return isComplete || profile.email !== null ? profile : { ...profile, emailVerified: null }
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    const code = errorCodeOf(isObject(answered) ? row.apiError(answered) : null)
    throw invalidAnswer('profile', 'shape', {
      field: fieldsOf(error),
      ...(code === null ? {} : { error: code }),
    })
  }
}
