import { describe, expect, test } from 'vitest'
import { readSettings } from '../../src/settings/index.ts'
import type { Environment } from '../../src/settings/reader.ts'
import { problemsOf } from './problems.ts'

/** What a server that others reach needs. */
const PUBLIC = {
  ...{ PUBLIC_URL: 'https://login.example.com', SECRET: 'a'.repeat(32) },
  ...{ DATABASE_URL: 'postgres://db/x', GOOGLE_CLIENT_ID: 'a', GOOGLE_CLIENT_SECRET: 'b' },
}

const APP = { CLIENTS: 'app', CLIENT_APP_REDIRECT_URIS: 'https://app.example.com/cb' }
const SECRET = 'a secret of the client'

test('the playground is a client on loopback only, beside others and without them', () => {
  const playground = [
    {
      id: 'playground',
      name: 'Playground',
      secrets: [],
      redirectUris: ['http://localhost:4000/'],
      postLogoutRedirectUris: ['http://localhost:4000/'],
      origins: ['http://localhost:4000'],
      responseModes: ['query', 'form_post', 'web_message', 'cookie'],
      resources: [],
      isAdmin: false,
      providerTokens: false,
      idTokenAlg: 'RS256',
      url: 'http://localhost:4000/',
      backchannelLogoutUri: null,
    },
  ]
  expect(readSettings({ PORT: '4000' }).clients).toEqual(playground)
  expect(readSettings({ PORT: '4000', CLIENTS: '' }).clients).toEqual(playground)
  const web = { CLIENTS: 'web', CLIENT_WEB_REDIRECT_URIS: 'https://web.example.com/cb' }
  expect(readSettings({ PORT: '4000', ...web }).clients.slice(1)).toEqual(playground)
  expect(readSettings(PUBLIC).clients).toEqual([])
})

test('a secret may be short on loopback, where nobody guesses it, and nowhere else', () => {
  const web = { CLIENTS: 'web', CLIENT_WEB_REDIRECT_URIS: 'https://web.example.com/cb' }
  const short = { ...web, CLIENT_WEB_SECRET: 's3cret,too-short' }
  expect(readSettings(short).clients[0]?.secrets).toEqual(['s3cret', 'too-short'])
  const problem = /^CLIENT_WEB_SECRET must have at least 16 characters/
  for (const secret of ['a-secret-of-16-ch,too-short', 'a-secret-of-15c']) {
    const problems = problemsOf({ ...PUBLIC, ...web, CLIENT_WEB_SECRET: secret })
    expect(problems).toEqual([expect.stringMatching(problem)])
    expect(problems.join()).not.toContain(secret.slice(-9))
  }
  expect(problemsOf({ ...PUBLIC, ...web, CLIENT_WEB_SECRET: 'a-secret-of-16-ch' })).toEqual([])
})

test('a client has what its settings say, in any spelling of its id', () => {
  const { clients } = readSettings({
    CLIENTS: ' my-app.v2 , Web ',
    CLIENT_MY_APP_V2_REDIRECT_URIS:
      'com.example.app:/cb, http://127.0.0.1/cb ,https://a.example/x?y=1',
    CLIENT_MY_APP_V2_POST_LOGOUT_REDIRECT_URIS: 'https://a.example/bye',
    CLIENT_WEB_REDIRECT_URIS: 'https://web.example.com/cb,https://web.example.com/other',
    CLIENT_WEB_NAME: 'The Web App',
    CLIENT_WEB_SECRET: SECRET,
    CLIENT_WEB_ORIGINS: 'https://one.example,http://localhost:5173,chrome-extension://abcdef',
    CLIENT_WEB_RESPONSE_MODES: 'cookie,query',
    CLIENT_WEB_RESOURCES: 'https://api.example.com/,urn:example:orders',
    CLIENT_WEB_PROVIDER_TOKENS: 'on',
    CLIENT_WEB_ID_TOKEN_ALG: 'ES256',
    CLIENT_WEB_URL: 'https://web.example.com/home',
  })
  expect(clients.slice(0, -1)).toEqual([
    {
      id: 'my-app.v2',
      name: 'my-app.v2',
      secrets: [],
      redirectUris: ['com.example.app:/cb', 'http://127.0.0.1/cb', 'https://a.example/x?y=1'],
      postLogoutRedirectUris: ['https://a.example/bye'],
      // An app's own scheme has no origin.
      origins: ['http://127.0.0.1', 'https://a.example'],
      responseModes: ['query', 'form_post', 'web_message'],
      resources: [],
      isAdmin: false,
      providerTokens: false,
      idTokenAlg: 'RS256',
      url: null,
      backchannelLogoutUri: null,
    },
    {
      id: 'Web',
      name: 'The Web App',
      secrets: [SECRET],
      redirectUris: ['https://web.example.com/cb', 'https://web.example.com/other'],
      postLogoutRedirectUris: [],
      origins: ['https://one.example', 'http://localhost:5173', 'chrome-extension://abcdef'],
      responseModes: ['cookie', 'query'],
      resources: ['https://api.example.com/', 'urn:example:orders'],
      isAdmin: false,
      providerTokens: true,
      idTokenAlg: 'ES256',
      url: 'https://web.example.com/home',
      backchannelLogoutUri: null,
    },
  ])
})

test.each([
  ['RESPONSE_MODES', 'query,fragment', 'query,cookie'],
  ['RESOURCES', 'api', 'https://api.example.com'],
  ['RESOURCES', 'https://api.example.com/#orders', 'https://api.example.com/orders'],
  ['URL', 'http://web.example.com', 'https://web.example.com'],
  ['URL', 'web.example.com', 'http://localhost:5173/'],
])('CLIENT_WEB_%s=%s stops the start', (name, wrong, right) => {
  const read = (value: string) =>
    readSettings({
      CLIENTS: 'web',
      CLIENT_WEB_REDIRECT_URIS: 'https://web.example.com/cb',
      [`CLIENT_WEB_${name}`]: value,
    })
  expect(() => read(wrong)).toThrow(`CLIENT_WEB_${name}`)
  expect(read(right).clients[0]?.id).toBe('web')
})

test('a name that people see has at most 80 characters and turns no text around it', () => {
  const namesOf = (name: string) => {
    const { clients, providers } = readSettings({
      CLIENTS: 'web',
      CLIENT_WEB_NAME: name,
      CLIENT_WEB_REDIRECT_URIS: 'https://web.example.com/cb',
      OIDC_PROVIDERS: 'acme',
      ACME_NAME: name,
      ACME_ISSUER: 'https://id.acme.example',
      ACME_CLIENT_ID: 'a',
      ACME_CLIENT_SECRET: 'b',
    })
    return [clients[0]?.name, providers[0]?.row.name]
  }
  expect(namesOf('\u202eShop\u2066 & <b>')).toEqual(['Shop & <b>', 'Shop & <b>'])
  expect(namesOf('é😀'.repeat(5000))).toEqual(Array(2).fill('é😀'.repeat(40)))
  expect(namesOf('\u200f')).toEqual(['web', 'acme'])
})

describe('3.04 a redirect URI that cannot be registered', () => {
  const refused: [uri: string, why: RegExp][] = [
    ['javascript:alert(1)', /has a scheme that cannot lead back/],
    ['JavaScript:alert(1)', /has a scheme that cannot lead back/],
    ['\u0001javascript:alert(1)', /has a scheme that cannot lead back/],
    ['java\nscript:alert(1)', /has a space/],
    ['javascript://app.example.com/%0aalert(1)', /has a scheme that cannot lead back/],
    ['data:text/html;base64', /has a scheme that cannot lead back/],
    ['vbscript:x', /has a scheme that cannot lead back/],
    ['file:///etc/passwd', /has a scheme that cannot lead back/],
    ['blob:https://app.example.com/1', /has a scheme that cannot lead back/],
    ['about:blank', /has a scheme that cannot lead back/],
    ['view-source:https://app.example.com', /has a scheme that cannot lead back/],
    ['ws://app.example.com', /has a scheme that cannot lead back/],
    ['http://app.example.com/cb', /plain http/],
    ['http://localhost.example.com/cb', /plain http/],
    ['http://127.0.0.1.example.com/cb', /plain http/],
    ['http://10.0.0.1/cb', /plain http/],
    ['http://0.0.0.0/cb', /plain http/],
    ['*', /is not a URL/],
    ['/cb', /is not a URL/],
    ['app.example.com', /is not a URL/],
    ['https://', /is not a URL/],
    ['localhost:5173', /has no http:\/\/ or https:/],
    ['app.example.com:8443/cb', /has no http:\/\/ or https:/],
    ['https://*.example.com/cb', /wildcard/],
    ['https://app.example.com/*', /wildcard/],
    ['https://app.example.com/cb#', /fragment/],
    ['https://app.example.com/cb#x', /fragment/],
    ['https://user@app.example.com/cb', /has a user/],
    ['https://user:password@app.example.com/cb', /has a user/],
    ['https://app.example.com\\cb', /backslash/],
    ['https://app.example.com/a b', /has a space/],
    ['https://앱.kr/콜백', /browsers send it \(https:\/\/xn--rf5b\.kr\/%EC%BD%9C%EB%B0%B1\)\./],
    ['com.example.app:/콜백', /browsers send it \(com\.example\.app:\/%EC%BD%9C%EB%B0%B1\)\./],
  ]
  test.each(refused)('%j', (uri, why) => {
    for (const name of ['REDIRECT_URIS', 'POST_LOGOUT_REDIRECT_URIS']) {
      const problems = problemsOf({ ...APP, [`CLIENT_APP_${name}`]: `https://a.example/,${uri}` })
      expect(problems).toEqual([expect.stringMatching(why)])
      expect(problems[0]).toContain(`CLIENT_APP_${name}: `)
      expect(problems[0]).not.toContain('password')
    }
  })

  test('alone is not called missing, too', () => {
    const problems = problemsOf({ ...APP, CLIENT_APP_REDIRECT_URIS: 'localhost:5173' })
    expect(problems).toEqual([expect.stringContaining('"localhost:5173" has no http://')])
  })

  test.each([
    'https://app.example.com',
    'https://app.example.com/cb?x=1&y=2',
    'https://xn--bcher-kva.example/cb',
    'http://localhost:5173/cb',
    'http://127.0.0.1/cb',
    'http://[::1]:7000/cb',
    'com.example.app:/cb',
    'com.example.app://cb',
    'kakao0123456789://oauth',
  ])('control: %s can', (uri) => {
    expect(
      readSettings({ ...APP, CLIENT_APP_REDIRECT_URIS: uri }).clients[0]?.redirectUris,
    ).toEqual([uri])
  })
})

describe('refused as well', () => {
  test.each<[string, Environment, RegExp[]]>([
    ['a client without redirect URIs', { CLIENTS: 'app' }, [/CLIENT_APP_REDIRECT_URIS is missing/]],
    ['an id twice', { ...APP, CLIENTS: 'app,app' }, [/names "app" twice/]],
    ['the built-in id', { ...APP, CLIENTS: 'app,latchkey' }, [/names "latchkey" twice/]],
    ['an id with a slash', { ...APP, CLIENTS: 'app,a/b' }, [/"a\/b" is not an id/]],
    ['an id of 65 characters', { ...APP, CLIENTS: `app,${'a'.repeat(65)}` }, [/"a+" is not an id/]],
    ['__proto__', { ...APP, CLIENTS: 'app,__proto__' }, [/"__proto__" is not an id/]],
    [
      'two ids whose settings have one name',
      {
        ...{ CLIENTS: 'my-app,my.app', CLIENT_MY_APP_REDIRECT_URIS: 'https://a.example/' },
        CLIENT_MY_APP_SECRET: SECRET,
      },
      [/share the settings CLIENT_MY_APP_/],
    ],
    [
      'an origin with a path',
      { ...APP, CLIENT_APP_ORIGINS: 'https://a.example/' },
      [/not an origin/],
    ],
    [
      'an origin with a wildcard',
      { ...APP, CLIENT_APP_ORIGINS: 'https://*.a.example' },
      [/ORIGINS/],
    ],
    ['every origin', { ...APP, CLIENT_APP_ORIGINS: '*' }, [/ORIGINS/]],
    ['the origin null', { ...APP, CLIENT_APP_ORIGINS: 'null' }, [/ORIGINS/]],
    ['a plain http origin', { ...APP, CLIENT_APP_ORIGINS: 'http://a.example' }, [/ORIGINS/]],
    ['an origin in capitals', { ...APP, CLIENT_APP_ORIGINS: 'https://A.example' }, [/ORIGINS/]],
    [
      'everything at once',
      { CLIENTS: 'a,b', CLIENT_A_REDIRECT_URIS: '*', CLIENT_B_SECRET: 'a,b,c' },
      [/"\*" is not a URL/, /CLIENT_B_REDIRECT_URIS/, /CLIENT_B_SECRET/],
    ],
  ])('%s', (_name, env, problems) => {
    expect(problemsOf(APP)).toEqual([])
    expect(problemsOf(env)).toEqual(problems.map((problem) => expect.stringMatching(problem)))
    expect(problemsOf(env).join()).not.toMatch(/too-short|a secret of/)
  })
})
