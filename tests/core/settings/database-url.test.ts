import { describe, expect, test } from 'vitest'
import { DatabaseUrlError, parseDatabaseUrl } from '../../../src/core/settings/database-url.ts'

const problemOf = (url: string) => {
  try {
    parseDatabaseUrl(url)
    return null
  } catch (error) {
    return error instanceof DatabaseUrlError ? error.problem : error
  }
}

describe('what hosts hand out is read as libpq reads it', () => {
  test.each([
    ['postgres://app:secret@db.example/app', { hosts: [{ host: 'db.example', port: 5432 }] }],
    [
      'postgresql://app:secret@ep-1.aws.example/app?sslmode=require&channel_binding=require',
      { sslMode: 'require', channelBinding: 'require', sessionAttrs: 'any' },
    ],
    [
      'postgres://app:secret@[::1]:5433/app?sslmode=require',
      { hosts: [{ host: '::1', port: 5433 }] },
    ],
    [
      'postgres://app:secret@a.example:5432,b.example:5433/app?target_session_attrs=primary',
      {
        hosts: [
          { host: 'a.example', port: 5432 },
          { host: 'b.example', port: 5433 },
        ],
        sessionAttrs: 'primary',
      },
    ],
    ['postgres://app:secret@a.example,b.example/app', { sessionAttrs: 'read-write' }],
    [
      'postgres://app:secret@/app?host=/cloudsql/project:region:instance',
      { hosts: [{ host: '/cloudsql/project:region:instance', port: 5432 }], database: 'app' },
    ],
    [
      'postgres://%2Fvar%2Frun%2Fpostgresql/app',
      { hosts: [{ host: '/var/run/postgresql', port: 5432 }] },
    ],
    [
      'postgres://ignored:1@ignored:1/ignored?host=h&port=6432&user=u&password=p%26w&dbname=d',
      { hosts: [{ host: 'h', port: 6432 }], user: 'u', password: 'p&w', database: 'd' },
    ],
    ['postgres://a%40b:p%3Aw%25@h/d%20b', { user: 'a@b', password: 'p:w%', database: 'd b' }],
    [
      'postgres://u:p@h/d?connect_timeout=1&application_name=shop&options=-c%20a%3Db',
      {
        connectTimeoutSeconds: 1,
        applicationName: 'shop',
        options: '-c a=b',
      },
    ],
    ['postgres://u:p@h/d?connect_timeout=10', { connectTimeoutSeconds: 2 }],
    ['postgres://u:p@h/d?sslmode=require&', { sslMode: 'require' }],
    ['postgres://u:p@h/d?ssl=true', { sslMode: 'require' }],
    [
      'postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/k.pem',
      {
        sslMode: 'verify-full',
        sslRootCert: '/ca.pem',
        sslCert: '/c.pem',
        sslKey: '/k.pem',
      },
    ],
    ['postgres://u@h', { sslMode: 'prefer', applicationName: 'latchkey' }],
    ['postgres://u:p%2Fq%3Fr@h/d', { password: 'p/q?r', database: 'd' }],
    ['postgres://u@h/d?password=p@q', { password: 'p@q' }],
    ['postgres://u@h/d%40e', { database: 'd@e' }],
  ])('%s', (url, expected) => {
    expect(parseDatabaseUrl(url)).toMatchObject(expected)
  })
})

describe('what cannot be read is named, and no secret', () => {
  test.each([
    ['mysql://u:p@h/d', { reason: 'form' }],
    ['postgres://app:100%sure@localhost:5432/app', { reason: 'percent', value: 'password' }],
    [
      'postgres://u:p@h/d?pgbouncer=true&connection_limit=1&sslmode=require',
      { reason: 'unknown_parameters', value: 'pgbouncer, connection_limit' },
    ],
    [
      'postgres://u:p@h/d?sslmode=on',
      {
        reason: 'parameter',
        value: 'sslmode (disable, allow, prefer, require, verify-ca, verify-full)',
      },
    ],
    ['postgres://u:p@h:99999/d', { reason: 'port' }],
    ['postgres://u:pass/word@h/d', { reason: 'password_cut' }],
    ['postgres://u:12/word@h/d', { reason: 'password_cut' }],
    ['postgres://u:p@ss/word@h/d', { reason: 'password_cut' }],
    ['postgres://u:pass?word@h/d', { reason: 'password_cut' }],
    ['postgres://u:pass?word=1&x@h/d', { reason: 'password_cut' }],
    ['postgres://u:p@ss?word@h/d', { reason: 'password_cut' }],
    ['postgres://u:p@h/d?&sslmode=require', { reason: 'unknown_parameters', value: '' }],
    ['postgres://u:p@a,b,c/d?port=1,2', { reason: 'ports', value: '3, 2' }],
    [
      'postgres://u:p@h/d?target_session_attrs=standby',
      { reason: 'parameter', value: 'target_session_attrs (any, read-write, primary)' },
    ],
  ])('%s', (url, problem) => {
    expect(problemOf(url)).toEqual(problem)
  })
})
