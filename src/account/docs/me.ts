import { z } from 'zod'
import { UserInfo } from '../../core/identity/account.ts'
import { cleanLocale, cleanPicture, cleanText } from '../../core/text.ts'
import { Problem } from '../../http/errors/problems.ts'
import { NoBody, refused } from '../../http/routes/documented.ts'
import { exampleAccount } from '../../http/routes/examples.ts'
import { describe } from '../signed-in-route.ts'

/** `GET /me`. */
export const getMe = describe({
  docs: {
    operationId: 'getMe',
    summary: 'The signed-in user',
    description:
      'OpenID Connect UserInfo claims, and the identities the user signs in with, as far as the token’s scopes allow: `profile`, `email`, `account`. What is unknown is absent.',
    answers: { 200: 'The user.' },
    examples: {
      signed_in: { summary: 'With an access token', status: 200, answer: exampleAccount },
    },
  },
  scope: null,
  responses: { 200: UserInfo },
})

/** `POST /me`: UserInfo may be asked for in either way (OpenID Connect Core, section 5.3.1). */
export const postMe = {
  ...getMe,
  docs: {
    ...getMe.docs,
    operationId: 'postMe',
    summary: 'The signed-in user, asked for by POST',
    description:
      'What GET answers, without a body. With the session cookie it needs a registered `Origin`.',
  },
}

/**
 * The schema of an edited text. It is stored as sent or refused, never cleaned up: the user did not
 * mean the cleaned text.
 */
const edited = (max: number, clean: (text: string) => string | null, message: string) =>
  z
    .string()
    .max(max)
    .refine((text) => clean(text) === text, message)
    .nullable()
    .optional()

const AccountEdits = z
  .strictObject({
    // 255 code points have at most 510 UTF-16 units.
    name: edited(510, cleanText, 'must be 1 to 255 characters of plain text').meta({
      description: '1 to 255 characters of plain text.',
    }),
    picture: z
      .string()
      .max(2048)
      .refine((url) => cleanPicture(url) !== null, 'must be an https URL')
      // Stored as browsers write it: a host in lower case, spaces as %20.
      .overwrite((url) => cleanPicture(url) ?? url)
      .nullable()
      .optional()
      .meta({ description: 'An https URL.' }),
    locale: edited(35, cleanLocale, 'must be a language tag such as ko or en-US').meta({
      description: 'A language tag such as ko or en-US.',
    }),
  })
  .meta({ id: 'AccountEdits', description: 'null goes back to what the provider says.' })

/** `PATCH /me`. */
export const editMe = describe({
  docs: {
    operationId: 'editMe',
    summary: 'Edit the signed-in user',
    description:
      'What is left out stays as it is. With the session cookie it needs a registered `Origin`.',
    answers: { 200: 'The user as edited.' },
    examples: {
      rename: {
        summary: 'Another name',
        body: { name: '김민지', locale: 'ko' },
        status: 200,
        answer: { ...exampleAccount, name: '김민지', locale: 'ko' },
      },
      wrong_locale: refused(
        'invalid_request',
        'The body "locale": must be a language tag such as ko or en-US.',
        { summary: 'Not a language', body: { locale: 'Korean language' } },
      ),
    },
  },
  json: AccountEdits,
  responses: { 200: UserInfo, 400: Problem },
})

/** `DELETE /me`. */
export const deleteMe = describe({
  docs: {
    operationId: 'deleteMe',
    summary: 'Delete the signed-in user',
    description:
      'With all identities and sessions, at once and for good. The person must have signed in recently (REAUTH_MAX_AGE), else 401 `insufficient_user_authentication` with `max_age` (RFC 9470). What the person granted at the providers is revoked there in the background. With the session cookie it needs a registered `Origin`.',
    answers: { 204: 'The user is gone.' },
    cookies: { 204: 'Clears the session cookies, where the session is in cookies.' },
    examples: { leave: { summary: 'With an access token', status: 204 } },
  },
  recent: true,
  responses: { 204: NoBody },
})
