import { defineConsole } from '../../core/provider/console.ts'

/** Google Cloud console and Google Auth Platform. https://developers.google.com/identity/protocols/oauth2/web-server */
export const googleConsole = defineConsole({
  url: 'https://console.cloud.google.com/apis/credentials',
  redirectUris: {
    en: 'APIs & Services > Credentials > OAuth 2.0 Client IDs > Authorized redirect URIs',
    ko: 'API 및 서비스 > 사용자 인증 정보 > OAuth 2.0 클라이언트 ID > 승인된 리디렉션 URI',
  },
  keys: {
    en: 'APIs & Services > Credentials > OAuth 2.0 Client IDs (web application)',
    ko: 'API 및 서비스 > 사용자 인증 정보 > OAuth 2.0 클라이언트 ID(웹 애플리케이션)',
  },
  also: [
    {
      en: 'Google Auth Platform: fill in the branding, and publish the app, or only its test users can sign in.',
      ko: 'Google Auth Platform에서 브랜딩을 입력하고 앱을 게시하세요. 게시하기 전에는 테스트 사용자만 로그인할 수 있습니다.',
    },
  ],
  clientId: {
    pattern: /^[\w-]+\.apps\.googleusercontent\.com$/,
    like: '1234567890-abc.apps.googleusercontent.com',
  },
  clientSecret: { pattern: /^GOCSPX-/, like: 'GOCSPX-…' },
  mistakenIds: [
    {
      pattern: /^com\.googleusercontent\.apps\./,
      is: {
        en: 'the URL scheme of an iOS app; the client id is the same turned round',
        ko: 'iOS 앱의 URL 스킴입니다. 클라이언트 ID는 이를 뒤집은 값입니다',
      },
    },
    { pattern: /^\d+$/, is: { en: 'a project number', ko: '프로젝트 번호입니다' } },
  ],
  errors: {
    redirect_uri_mismatch: {
      means: 'incomplete',
      step: {
        en: 'The redirect URI is not registered: add it exactly as the doctor shows it.',
        ko: 'Redirect URI가 등록되지 않았습니다. doctor가 보여 주는 그대로 등록하세요.',
      },
    },
    disallowed_useragent: {
      means: 'nothing',
      step: {
        en: 'Google refuses the browsers inside apps: open the page in the person’s own browser.',
        ko: 'Google은 인앱 브라우저의 로그인을 막습니다. 기본 브라우저에서 여세요.',
      },
    },
    org_internal: {
      means: 'nothing',
      step: {
        en: 'The app admits only its own organisation: set the audience to External.',
        ko: '조직 내부용 앱입니다. 대상을 외부로 바꾸세요.',
      },
    },
    deleted_client: {
      means: 'refused',
      step: {
        en: 'The OAuth client was deleted: make a new one.',
        ko: 'OAuth 클라이언트가 삭제되었습니다. 새로 만드세요.',
      },
    },
  },
})
