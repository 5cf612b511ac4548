/** One provider's documents in the documented form, and the profile they are to give. */
export interface Fixture {
  /** Claims of the ID token. */
  claims?: Record<string, unknown>
  /** The `user` parameter of a form_post callback. */
  formUser?: unknown
  /** What the endpoints answer, by name. */
  documents?: Record<string, unknown>
  profile: Record<string, unknown>
}

const oidcClaims = {
  iss: 'https://issuer.example',
  sub: '10769150350006150715113082367',
  aud: 'client',
  name: 'Min-ji Kim',
  picture: 'https://pictures.example/a.jpg',
  locale: 'ko',
  email: 'minji@example.com',
  email_verified: true,
}
const oidcProfile = {
  subject: '10769150350006150715113082367',
  name: 'Min-ji Kim',
  picture: 'https://pictures.example/a.jpg',
  locale: 'ko',
  email: 'minji@example.com',
  emailVerified: true,
}

/** By provider id; a row without a fixture fails the loop over all rows. */
export const fixtures: Record<string, Fixture> = {
  google: { claims: { ...oidcClaims, hd: 'example.com' }, profile: oidcProfile },
  gitlab: {
    claims: { ...oidcClaims, sub: '123' },
    documents: {
      userinfo_endpoint: {
        sub: '123',
        sub_legacy: 'd1e1',
        name: 'Mr Bob',
        nickname: 'mr.bob',
        email: 'b@x.com',
        email_verified: true,
        profile: 'https://gitlab.com/mr.bob',
        picture: 'https://gitlab.com/uploads/a.png',
        website: '',
        groups: ['a'],
      },
    },
    profile: {
      subject: '123',
      name: 'Mr Bob',
      email: 'b@x.com',
      emailVerified: true,
      picture: 'https://gitlab.com/uploads/a.png',
      locale: 'ko',
    },
  },
  kakao: {
    documents: {
      userinfo_endpoint: {
        id: 3891047281,
        connected_at: '2026-01-02T03:04:05Z',
        properties: { nickname: '홍길동', profile_image: 'http://k.kakaocdn.net/a.jpg' },
        kakao_account: {
          profile_nickname_needs_agreement: false,
          profile_image_needs_agreement: false,
          profile: {
            nickname: '홍길동',
            thumbnail_image_url: 'https://k.kakaocdn.net/s.jpg',
            profile_image_url: 'https://k.kakaocdn.net/a.jpg',
            is_default_image: false,
            is_default_nickname: false,
          },
          email_needs_agreement: false,
          is_email_valid: true,
          is_email_verified: true,
          email: 'a@b.kr',
        },
      },
    },
    profile: {
      subject: '3891047281',
      name: '홍길동',
      picture: 'https://k.kakaocdn.net/a.jpg',
      email: 'a@b.kr',
      emailVerified: true,
      locale: null,
    },
  },
  naver: {
    documents: {
      userinfo_endpoint: {
        resultcode: '00',
        message: 'success',
        response: {
          id: 'abcdefgABCDEFG1234567',
          nickname: '별명',
          name: '이름',
          email: 'x@naver.com',
          gender: 'F',
          age: '20-29',
          birthday: '08-15',
          profile_image: 'https://phinf.pstatic.net/a.png',
        },
      },
    },
    profile: {
      subject: 'abcdefgABCDEFG1234567',
      name: '이름',
      picture: 'https://phinf.pstatic.net/a.png',
      email: 'x@naver.com',
      emailVerified: false,
      locale: null,
    },
  },
  github: {
    documents: {
      userinfo_endpoint: {
        login: 'octo',
        id: 583231,
        node_id: 'MDQ6',
        avatar_url: 'https://avatars.githubusercontent.com/u/583231?v=4',
        type: 'User',
        name: null,
        email: null,
      },
      emails_endpoint: [
        { email: 'old@x.com', primary: false, verified: true, visibility: null },
        { email: 'o@x.com', primary: true, verified: true, visibility: 'private' },
      ],
    },
    profile: {
      subject: '583231',
      name: 'octo',
      picture: 'https://avatars.githubusercontent.com/u/583231?v=4',
      email: 'o@x.com',
      emailVerified: true,
      locale: null,
    },
  },
  facebook: {
    documents: {
      userinfo_endpoint: {
        id: '10158000000000001',
        name: 'A B',
        first_name: 'A',
        last_name: 'B',
        email: 'a@b.com',
        picture: {
          data: {
            height: 200,
            width: 200,
            is_silhouette: false,
            url: 'https://platform-lookaside.fbsbx.com/a',
          },
        },
      },
    },
    profile: {
      subject: '10158000000000001',
      name: 'A B',
      picture: 'https://platform-lookaside.fbsbx.com/a',
      email: 'a@b.com',
      emailVerified: false,
      locale: null,
    },
  },
  x: {
    documents: {
      userinfo_endpoint: {
        data: {
          id: '1301152652357595137',
          name: 'A',
          username: 'a',
          verified: false,
          profile_image_url: 'https://pbs.twimg.com/profile_images/1/p_normal.jpg',
          confirmed_email: 'a@b.com',
          created_at: '2020-09-02T13:39:14.000Z',
        },
      },
    },
    profile: {
      subject: '1301152652357595137',
      name: 'A',
      picture: 'https://pbs.twimg.com/profile_images/1/p.jpg',
      email: 'a@b.com',
      emailVerified: true,
      locale: null,
    },
  },
  apple: {
    claims: {
      iss: 'https://appleid.apple.com',
      sub: '001667.7f1e.0433',
      email: 'x@privaterelay.appleid.com',
      email_verified: 'true',
      is_private_email: 'true',
    },
    formUser: { name: { firstName: 'A', lastName: 'B' }, email: 'forged@example.com' },
    profile: {
      subject: '001667.7f1e.0433',
      name: 'A B',
      picture: null,
      email: 'x@privaterelay.appleid.com',
      emailVerified: true,
      locale: null,
    },
  },
  microsoft: {
    claims: {
      iss: 'https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0',
      sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
      oid: '6f4f4a0e-4b5c-4d2f-9f57-0ea9c0f0a001',
      tid: '72f988bf-86f1-41af-91ab-2d7cd011db47',
      name: 'A B',
      preferred_username: 'a@contoso.com',
      email: 'a@contoso.com',
      xms_edov: '1',
      xms_pl: 'ko-KR',
      ver: '2.0',
    },
    profile: {
      subject: '6f4f4a0e-4b5c-4d2f-9f57-0ea9c0f0a001',
      name: 'A B',
      picture: null,
      email: 'a@contoso.com',
      emailVerified: true,
      locale: 'ko-KR',
    },
  },
  line: {
    claims: {
      iss: 'https://access.line.me',
      sub: 'U1234567890abcdef1234567890abcdef',
      amr: ['pwd'],
      name: 'Taro',
      picture: 'https://profile.line-scdn.net/abc',
      email: 'taro@example.jp',
    },
    profile: {
      subject: 'U1234567890abcdef1234567890abcdef',
      name: 'Taro',
      picture: 'https://profile.line-scdn.net/abc',
      email: 'taro@example.jp',
      emailVerified: false,
      locale: null,
    },
  },
  discord: {
    documents: {
      userinfo_endpoint: {
        id: '80351110224678912',
        username: 'nelly',
        discriminator: '0',
        global_name: null,
        avatar: 'a_8342729096ea3675442027381ff50dfe',
        verified: true,
        email: 'n@x.com',
        locale: 'en-US',
        mfa_enabled: true,
        flags: 64,
        premium_type: 0,
      },
    },
    profile: {
      subject: '80351110224678912',
      name: 'nelly',
      picture:
        'https://cdn.discordapp.com/avatars/80351110224678912/a_8342729096ea3675442027381ff50dfe.gif',
      email: 'n@x.com',
      emailVerified: true,
      locale: 'en-US',
    },
  },
  linkedin: {
    documents: {
      userinfo_endpoint: {
        sub: '782bbtaQ',
        name: 'A B',
        given_name: 'A',
        family_name: 'B',
        picture: 'https://media.licdn.com/a',
        locale: { country: 'US', language: 'en' },
        email: 'a@b.com',
        email_verified: true,
      },
    },
    profile: {
      subject: '782bbtaQ',
      name: 'A B',
      picture: 'https://media.licdn.com/a',
      email: 'a@b.com',
      emailVerified: true,
      locale: 'en-US',
    },
  },
  slack: {
    documents: {
      userinfo_endpoint: {
        ok: true,
        sub: 'U0R7JM',
        'https://slack.com/user_id': 'U0R7JM',
        'https://slack.com/team_id': 'T0R7GR',
        email: 'k@x.com',
        email_verified: true,
        date_email_verified: 1622128723,
        name: 'krane',
        picture: 'https://avatars.slack-edge.com/a.jpg',
        given_name: 'Bront',
        family_name: 'L',
        locale: 'en-US',
        'https://slack.com/team_name': 'kraneflannel',
      },
    },
    profile: {
      subject: 'T0R7GR_U0R7JM',
      name: 'krane',
      picture: 'https://avatars.slack-edge.com/a.jpg',
      email: 'k@x.com',
      emailVerified: true,
      locale: 'en-US',
    },
  },
  twitch: {
    claims: {
      iss: 'https://id.twitch.tv/oauth2',
      sub: '44322889',
      aud: 'client',
      azp: 'client',
      preferred_username: 'Dallas',
      email: 'a@b.com',
      email_verified: true,
      picture: 'https://static-cdn.jtvnw.net/a.png',
    },
    profile: {
      subject: '44322889',
      name: 'Dallas',
      picture: 'https://static-cdn.jtvnw.net/a.png',
      email: 'a@b.com',
      emailVerified: true,
      locale: null,
    },
  },
  spotify: {
    documents: {
      userinfo_endpoint: {
        account_id: 'acc0unt1d',
        id: 'wizzler',
        display_name: 'JM',
        email: 'e@x.com',
        images: [
          { url: 'https://i.scdn.co/small', height: 64, width: 64 },
          { url: 'https://i.scdn.co/large', height: 300, width: 300 },
        ],
        country: 'SE',
        product: 'premium',
        uri: 'spotify:user:wizzler',
        type: 'user',
      },
    },
    profile: {
      subject: 'acc0unt1d',
      formerSubject: 'wizzler',
      name: 'JM',
      picture: 'https://i.scdn.co/large',
      email: 'e@x.com',
      emailVerified: false,
      locale: null,
    },
  },
}
