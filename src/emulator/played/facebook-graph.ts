import { createHmac } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  type Answer,
  type Bearer,
  endpoint,
  formOf,
  profileAnswer,
  rawQuery,
  singleValues,
} from '../http.ts'
import type { Grant } from '../login/codes.ts'
import { emailOf, type Persona, personas, stableDigits } from '../personas.ts'
import type { PlayedProvider } from '../provider.ts'
import type { Stage } from '../stage.ts'

/** A path with a Graph version before it, whichever, and without. */
export function versioned(path: string): readonly string[] {
  return [`/:version(^v\\d+\\.\\d+$)${path}`, path]
}

/** An error as Graph words it, at the token endpoint too. */
export function graphError(
  status: number,
  code: number,
  message: string,
  more: Record<string, unknown> = {},
): Answer {
  const error = {
    message,
    type: 'OAuthException',
    code,
    ...more,
    fbtrace_id: 'AEmulatedTrace000000000',
  }
  return { status, body: { error } }
}

/** The Graph API's endpoints. */
export function addGraph(app: FastifyInstance, stage: Stage, { client }: PlayedProvider): void {
  const add = (methods: string[], path: string, answer: (request: FastifyRequest) => Answer) => {
    for (const route of versioned(path)) endpoint(app, methods, route, answer)
  }
  const appToken = `${client.id}|${client.secret}`

  add(['GET'], '/me', (request) => {
    const bearer = callerOf(request, stage, client.secret)
    if ('status' in bearer) return bearer
    return profileAnswer(bearer, person(bearer.grant, parametersOf(request).fields))
  })
  add(['GET'], '/debug_token', (request) => {
    const { input_token = '', access_token } = parametersOf(request)
    if (access_token !== appToken) return invalidToken
    return { status: 200, body: { data: tokenFacts(stage, input_token, client.id) } }
  })
  add(['DELETE'], '/:user/permissions', (request) => {
    const { user } = request.params as { user: string }
    if (parametersOf(request).access_token === appToken) {
      return personas.some((persona) => end(stage, persona, user)) ? done : unknownUser
    }
    const bearer = callerOf(request, stage, client.secret)
    if ('status' in bearer) return bearer
    const { persona } = bearer.grant
    return end(stage, persona, user === 'me' ? facebookId(persona) : user) ? done : unknownUser
  })
}

/** Ends a persona's tokens and link, where it is the one who is meant. */
function end(stage: Stage, persona: Persona, id: string): boolean {
  if (facebookId(persona) !== id || !stage.ledger.isLinked(persona)) return false
  stage.ledger.unlink(persona)
  return true
}

/** The app-scoped id, digits in a string. */
export function facebookId(persona: Persona): string {
  return stableDigits(17, 'facebook', persona.id)
}

/** The fields that were asked for and that the grant covers; without a list, `id` and `name`. */
function person({ persona, scopes }: Grant, fields = 'id,name'): Record<string, unknown> {
  const email = scopes.includes('email') ? emailOf('facebook', persona) : null
  const wanted = fields.match(/[\w.]+(?:\(\d+\))?/g) ?? []
  const named = (field: string): [string, unknown] | null => {
    const width = /^picture(?:\.width\((\d+)\))?$/.exec(field)
    if (width) return ['picture', picture(persona, Number(width[1] ?? 50))]
    switch (field) {
      case 'name':
        return ['name', persona.name]
      case 'first_name':
        return ['first_name', persona.givenName]
      case 'last_name':
        return ['last_name', persona.familyName]
      case 'email':
        return email === null ? null : ['email', email]
      default:
        return null
    }
  }
  const given = wanted.map(named).filter((pair) => pair !== null)
  return { ...Object.fromEntries(given), id: facebookId(persona) }
}

/** What the ID token of a limited login says of a person. */
export function limitedClaims({ persona }: Grant): Record<string, unknown> {
  const email = emailOf('facebook', persona)
  return {
    sub: facebookId(persona),
    name: persona.name,
    given_name: persona.givenName,
    family_name: persona.familyName,
    picture: picture(persona, 100).data.url,
    ...(email === null ? {} : { email }),
  }
}

function picture({ id, picture: chosen }: Persona, width: number) {
  const url = `https://platform-lookaside.fbsbx.example/platform/profilepic/?asid=${id}&width=${width}&ext=1&hash=x`
  return { data: { height: width, width, is_silhouette: !chosen, url } }
}

function tokenFacts(stage: Stage, token: string, appId: string): Record<string, unknown> {
  const found = stage.ledger.findAccessToken(token)
  if (!found) {
    const error = { code: 190, message: 'Invalid OAuth access token.' }
    return { error, is_valid: false, scopes: [] }
  }
  const { grant, expiresAt } = found
  return {
    app_id: appId,
    type: 'USER',
    application: 'Latchkey',
    expires_at: Math.floor((expiresAt ?? 0) / 1000),
    is_valid: true,
    issued_at: grant.authTime,
    scopes: grant.scopes,
    user_id: facebookId(grant.persona),
  }
}

/** Whose token a request bears, in its header or its query, with the proof that goes with it. */
function callerOf(request: FastifyRequest, stage: Stage, secret: string): Bearer | Answer {
  const given = parametersOf(request)
  const header = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const token = header ?? given.access_token
  const found = token === undefined ? null : stage.ledger.findAccessToken(token)
  if (token === undefined || !found) return invalidToken
  // "Require app secret" is on.
  const proof = createHmac('sha256', secret).update(token).digest('hex')
  if (given.appsecret_proof === proof) return { ...found, token }
  const text =
    given.appsecret_proof === undefined
      ? 'API calls from the server require an appsecret_proof argument'
      : 'Invalid appsecret_proof provided in the API argument'
  return graphError(400, 100, text, { type: 'GraphMethodException' })
}

function parametersOf(request: FastifyRequest): Record<string, string> {
  return { ...singleValues(rawQuery(request)), ...formOf(request) }
}

const done: Answer = { status: 200, body: { success: true } }
const invalidToken = graphError(400, 190, 'Invalid OAuth access token.')
const unknownUser = graphError(400, 100, 'Unsupported delete request. Object does not exist.')
