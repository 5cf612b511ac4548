import { z } from 'zod'
import { exampleAccount } from '../../http/routes/examples.ts'
import { describe } from '../signed-in-route.ts'

const text = (description: string) => z.string().nullable().meta({ description })
const moment = (description: string) => z.iso.datetime().meta({ description })
const maybeMoment = (description: string) => z.iso.datetime().nullable().meta({ description })

/** Everything that is stored about a user. */
const AccountExport = z
  .object({
    exported_at: moment('The moment of which all of it is.'),
    user: z
      .object({
        id: z.uuid().meta({ description: '`sub` of the tokens.' }),
        name: text('The user’s own edit; null where there is none.'),
        picture: text('The user’s own edit; null where there is none.'),
        locale: text('The user’s own edit; null where there is none.'),
        roles: z.array(z.string()).meta({ description: 'Given by the operator.' }),
        created_at: moment('When the user first signed in.'),
        updated_at: moment('When something of the user last changed.'),
        disabled_at: maybeMoment('When an operator locked the user out.'),
      })
      .meta({ description: 'The user.' }),
    identities: z
      .array(
        z.object({
          provider: z.string().meta({ description: 'Provider id.' }),
          issuer: z.string().meta({ description: 'Where the provider has several, else empty.' }),
          subject: z.string().meta({ description: 'The provider’s identifier of the person.' }),
          email: text('As the provider gave it last.'),
          email_verified: z.boolean().meta({ description: 'Whether the provider says so.' }),
          gives_email: z.boolean().meta({
            description: 'Whether the user’s address follows this identity.',
          }),
          name: text('As the provider gave it last.'),
          picture: text('As the provider gave it last.'),
          locale: text('As the provider gave it last.'),
          linked_at: moment('When it became this user’s.'),
          linked_by: text('What made it this user’s.'),
          link_reason: text('Why it did not join another user, or why it joined this one.'),
          last_login_at: moment('When the user last signed in with it.'),
          gone_at: maybeMoment('When its provider said that the account is gone.'),
        }),
      )
      .meta({ description: 'What the providers said.' }),
    unlinked_identities: z
      .array(
        z.object({
          provider: z.string().meta({ description: 'Provider id.' }),
          issuer: z.string().meta({ description: 'Where the provider has several, else empty.' }),
          subject: z.string().meta({ description: 'The provider’s identifier of the person.' }),
          unlinked_at: moment('When the user took it away.'),
        }),
      )
      .meta({ description: 'What the user has unlinked: it joins this user no more by itself.' }),
    sessions: z
      .array(
        z.object({
          id: z.uuid().meta({ description: '`sid` of its tokens.' }),
          client_id: z.string().meta({ description: 'The app.' }),
          provider: z.string().meta({ description: 'The provider that signed the person in.' }),
          issuer: text('Of the identity that signed in.'),
          subject: text('Of the identity that signed in.'),
          scope: z.string().meta({ description: 'What was granted to the app.' }),
          resource: text('The API that its tokens are for; null for the usual audience.'),
          cookie_mode: z.boolean().meta({ description: 'Whether its tokens live in cookies.' }),
          silent: z.boolean().meta({ description: 'Begun with `prompt=none`.' }),
          auth_time: maybeMoment('When the provider says that the person authenticated.'),
          redeemed_at: maybeMoment('When the app got its tokens.'),
          user_agent: text('Of the browser at the sign-in.'),
          address: text('Of the browser at the sign-in.'),
          request_id: text('The request that began it.'),
          new_user_reason: text('Why it began with a new user; null where the user was there.'),
          created_at: moment('When the person signed in.'),
          last_used_at: moment('When tokens were last renewed.'),
          expires_at: moment('When it ends at the latest.'),
          ended_at: maybeMoment('When it was ended before that.'),
          end_reason: text('Why it was ended.'),
          logout_told_at: maybeMoment(
            'When the app was told that it is over, though it only rests: the user is disabled.',
          ),
        }),
      )
      .meta({ description: 'All sessions that are still stored, those that are over too.' }),
    events: z
      .array(
        z.object({
          id: z.uuid().meta({ description: 'Also the `webhook-id` that it is posted by.' }),
          at: moment('When it happened.'),
          type: z.string().meta({ description: 'What: `session.ended`.' }),
          session_id: z.uuid().nullable().meta({ description: 'Of the session concerned.' }),
          client_id: text('Of the app concerned.'),
          provider: text('Of the identity concerned.'),
          address: text('Where it was asked for.'),
          user_agent: text('The browser or app that asked for it.'),
          request_id: text('The request that asked for it.'),
          reason: text('Why.'),
        }),
      )
      .meta({ description: 'What happened to the user, as far as it is kept.' }),
  })
  .meta({ id: 'AccountExport', description: 'Everything that is stored about a user.' })

const [identity] = exampleAccount.identities

const exampleExport: z.infer<typeof AccountExport> = {
  exported_at: '2026-11-24T02:30:00.000Z',
  user: {
    id: exampleAccount.sub,
    name: '민지',
    picture: null,
    locale: null,
    roles: [],
    created_at: exampleAccount.created_at,
    updated_at: exampleAccount.created_at,
    disabled_at: null,
  },
  identities:
    identity === undefined
      ? []
      : [
          {
            ...identity,
            issuer: '',
            locale: null,
            gives_email: true,
            gone_at: null,
            linked_by: null,
            link_reason: null,
            name: '김민지',
            picture: exampleAccount.picture,
          },
        ],
  unlinked_identities: [],
  sessions: [],
  events: [],
}

/** The name that an export is saved by. */
export const FILE_NAME = 'latchkey-export.json'

/** `GET /me/export`. */
export const exportMe = describe({
  docs: {
    operationId: 'exportMe',
    summary: 'Everything that is stored about the user',
    description:
      'As a file: the user with own edits, the identities as the providers gave them, the sessions, and what happened. Secrets (tokens, codes and their hashes) are not in it.',
    answers: { 200: 'All of it, as of one moment.' },
    fileName: FILE_NAME,
    examples: { all: { summary: 'With an access token', status: 200, answer: exampleExport } },
  },
  responses: { 200: AccountExport },
})
