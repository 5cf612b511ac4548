import { defineConsole } from '../../core/provider/console.ts'

/** LINE Developers Console. https://developers.line.biz/en/docs/line-login */
export const lineConsole = defineConsole({
  url: 'https://developers.line.biz/console/',
  redirectUris: {
    en: 'The LINE Login channel > LINE Login > Callback URL',
    ko: 'LINE Login 채널 > LINE Login > Callback URL',
  },
  keys: {
    en: 'The LINE Login channel > Basic settings (Channel ID, Channel secret)',
    ko: 'LINE Login 채널 > Basic settings(Channel ID, Channel secret)',
  },
  also: [
    {
      en: 'Publish the channel, or only its members can sign in; apply for the e-mail permission under Basic settings.',
      ko: '채널을 Published로 바꾸지 않으면 멤버만 로그인할 수 있습니다. 이메일 권한은 Basic settings에서 신청하세요.',
    },
  ],
  clientId: { pattern: /^\d{5,20}$/, like: '1234567890' },
  clientSecret: { pattern: /^[0-9a-f]{32}$/, like: '32 × 0-9a-f' },
})
