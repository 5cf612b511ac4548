import { defineConsole, type ExplainedError } from '../../core/provider/console.ts'

const anotherTenant: ExplainedError = {
  means: 'nothing',
  step: {
    en: 'The account is not of this tenant: use MICROSOFT_TENANT=common, or invite it.',
    ko: '이 테넌트의 계정이 아닙니다. MICROSOFT_TENANT=common을 쓰거나 초대하세요.',
  },
}
const noConsent: ExplainedError = {
  means: 'nothing',
  step: {
    en: 'Nobody has consented to these permissions: an administrator must.',
    ko: '권한에 대한 동의가 없습니다. 관리자가 동의해야 합니다.',
  },
}
const noTenant: ExplainedError = {
  means: 'refused',
  step: {
    en: 'There is no such tenant: check MICROSOFT_TENANT.',
    ko: '테넌트를 찾을 수 없습니다. MICROSOFT_TENANT를 확인하세요.',
  },
}

/** Microsoft Entra admin center. https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
export const microsoftConsole = defineConsole({
  url: 'https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps',
  redirectUris: {
    en: 'App registrations > the app > Authentication > Web > Redirect URIs',
    ko: '앱 등록 > 내 앱 > 인증 > 웹 > 리디렉션 URI',
  },
  logoutRedirectUris: {
    en: 'the same list',
    ko: '같은 목록',
  },
  keys: {
    en: 'App registrations > the app > Overview (Application (client) ID), and Certificates & secrets (the Value, not the Secret ID)',
    ko: '앱 등록 > 내 앱 > 개요(애플리케이션(클라이언트) ID), 인증서 및 암호(암호 ID가 아니라 값)',
  },
  also: [
    {
      en: 'Token configuration: add the optional ID token claims email and xms_edov, or no address counts as verified; xms_pl tells the language.',
      ko: '토큰 구성에서 ID 토큰의 선택적 클레임 email과 xms_edov를 추가하세요. 없으면 이메일이 인증된 것으로 보지 않습니다. xms_pl은 언어를 알려 줍니다.',
    },
  ],
  clientId: {
    pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    like: '00000000-0000-0000-0000-000000000000',
  },
  errors: {
    AADSTS50011: {
      means: 'incomplete',
      step: {
        en: 'The redirect URI is not registered: add it under Authentication > Web exactly as the doctor shows it.',
        ko: 'Redirect URI가 등록되지 않았습니다. 인증 > 웹에 doctor가 보여 주는 그대로 추가하세요.',
      },
    },
    AADSTS500113: {
      means: 'incomplete',
      step: {
        en: 'No redirect URI is registered at all: add it under Authentication > Web.',
        ko: '등록된 Redirect URI가 없습니다. 인증 > 웹에 추가하세요.',
      },
    },
    AADSTS50020: anotherTenant,
    AADSTS50194: {
      means: 'refused',
      step: {
        en: 'The app is not for every tenant: set MICROSOFT_TENANT to its tenant id, or make it multitenant.',
        ko: '다중 테넌트 앱이 아닙니다. MICROSOFT_TENANT에 테넌트 ID를 넣거나 앱을 다중 테넌트로 바꾸세요.',
      },
    },
    AADSTS50105: {
      means: 'nothing',
      step: {
        en: 'The app admits only people who are assigned to it: assign this one under Enterprise applications > Users and groups, or turn "Assignment required" off.',
        ko: '앱에 할당된 사람만 로그인할 수 있습니다. 엔터프라이즈 애플리케이션 > 사용자 및 그룹에서 할당하거나 "할당 필요"를 끄세요.',
      },
    },
    AADSTS65001: noConsent,
    AADSTS65004: {
      means: 'nothing',
      step: {
        en: 'The person declined what the app asks for.',
        ko: '사용자가 앱이 요청한 권한에 동의하지 않았습니다.',
      },
    },
    AADSTS700016: {
      means: 'refused',
      step: {
        en: 'No such application in this tenant: check MICROSOFT_CLIENT_ID and MICROSOFT_TENANT.',
        ko: '이 테넌트에 앱이 없습니다. MICROSOFT_CLIENT_ID와 MICROSOFT_TENANT를 확인하세요.',
      },
    },
    AADSTS7000215: {
      means: 'refused',
      step: {
        en: 'Wrong secret: copy the secret’s Value, not its ID.',
        ko: '시크릿이 틀렸습니다. 암호 ID가 아니라 값을 복사하세요.',
      },
    },
    AADSTS7000222: {
      means: 'refused',
      step: {
        en: 'The secret has expired: make a new one.',
        ko: '시크릿이 만료되었습니다. 새로 만드세요.',
      },
    },
    AADSTS90002: noTenant,
    AADSTS90072: anotherTenant,
    AADSTS90094: noConsent,
    AADSTS900023: noTenant,
    AADSTS9002313: {
      means: 'nothing',
      step: {
        en: 'The request is malformed; a made-up code gets this whatever the secret.',
        ko: '요청 형식이 잘못되었습니다. 지어낸 코드에는 시크릿과 상관없이 이 응답이 옵니다.',
      },
    },
  },
})
