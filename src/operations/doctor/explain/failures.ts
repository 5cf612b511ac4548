import type { OperatorLanguage, OperatorText } from '../../../core/settings/operator-texts.ts'

// What the codes of Node, TLS and PostgreSQL mean to whoever runs the service, and what to do.

const noSuchHost: OperatorText = {
  en: 'There is no such host: check the name, and this machine’s DNS.',
  ko: '호스트를 찾을 수 없습니다. 이름과 이 컴퓨터의 DNS를 확인하세요.',
}
const nothingComesBack: OperatorText = {
  en: 'Nothing comes back: a firewall may be in between.',
  ko: '응답이 없습니다. 방화벽이 막고 있는지 확인하세요.',
}
const foreignCertificate: OperatorText = {
  en: 'Its certificate is of an authority that this machine does not know: name it by NODE_EXTRA_CA_CERTS, or that of the database by sslrootcert in DATABASE_URL (a proxy may be intercepting TLS).',
  ko: '이 컴퓨터가 모르는 인증 기관의 인증서입니다. NODE_EXTRA_CA_CERTS로, 데이터베이스라면 DATABASE_URL의 sslrootcert로 지정하세요(프록시가 TLS를 가로채고 있을 수 있습니다).',
}
const notLetIn: OperatorText = {
  en: 'User or password is wrong, or pg_hba.conf does not let this user in.',
  ko: '사용자나 비밀번호가 틀렸거나 pg_hba.conf가 이 사용자를 허용하지 않습니다.',
}

const notTheServer: OperatorText = {
  en: 'It does not sign in as PostgreSQL does: something else may answer in its place. Check the host, and set sslmode=verify-full.',
  ko: 'PostgreSQL의 로그인 절차와 다르게 응답합니다. 다른 프로그램이 대신 응답할 수 있으니 호스트를 확인하고 sslmode=verify-full로 설정하세요.',
}
const noWrites: OperatorText = {
  en: 'The server accepts no writes: it is a standby, or it was set read-only.',
  ko: '쓰기를 받지 않는 서버입니다(대기 서버이거나 읽기 전용입니다).',
}

const otherConnection: OperatorText = {
  en: 'A pooler gave a statement another connection than the one it was prepared on: set DATABASE_PREPARE=off.',
  ko: '풀러가 문장을 준비한 연결이 아닌 다른 연결로 보냈습니다. DATABASE_PREPARE=off로 설정하세요.',
}
const inEachOthersWay: OperatorText = {
  en: 'Two transactions were in each other’s way, and this one gave in: the same may be asked again.',
  ko: '두 트랜잭션이 서로 막아서 이쪽이 취소되었습니다. 같은 요청을 다시 해도 됩니다.',
}

/** By code; `doctor --explain` explains each. */
export const FAILURES: Readonly<Record<string, OperatorText>> = {
  ADDRESS_REFUSED: {
    en: 'Its address is link-local, or it is http outside this machine and its private network: use https.',
    ko: '링크 로컬 주소이거나, 이 컴퓨터와 사설망 밖의 http 주소입니다. https를 쓰세요.',
  },
  ECONNREFUSED: {
    en: 'Nothing listens there: check the host and port, and whether it is running.',
    ko: '그 주소에서 받는 프로그램이 없습니다. 호스트와 포트, 실행 여부를 확인하세요.',
  },
  ENOENT: {
    en: 'There is no such socket: check the folder, and whether the server is running.',
    ko: '소켓이 없습니다. 폴더와 서버 실행 여부를 확인하세요.',
  },
  ECONNRESET: {
    en: 'It hung up: check that the port is the right one, and whether it wants TLS.',
    ko: '상대가 연결을 끊었습니다. 포트가 맞는지, TLS가 필요한지 확인하세요.',
  },
  ENOTFOUND: noSuchHost,
  EAI_AGAIN: noSuchHost,
  ETIMEDOUT: nothingComesBack,
  TIMEOUT: nothingComesBack,
  CONNECT_TIMEOUT: nothingComesBack,
  UND_ERR_CONNECT_TIMEOUT: nothingComesBack,
  EHOSTUNREACH: nothingComesBack,
  ENETUNREACH: nothingComesBack,
  CERT_HAS_EXPIRED: {
    en: 'Its certificate has expired, or this machine’s clock is wrong.',
    ko: '인증서가 만료되었거나 이 컴퓨터의 시계가 틀립니다.',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    en: 'Its certificate is for another host name.',
    ko: '다른 호스트 이름의 인증서입니다.',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: foreignCertificate,
  SELF_SIGNED_CERT_IN_CHAIN: foreignCertificate,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: foreignCertificate,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: foreignCertificate,
  '28000': notLetIn,
  '28P01': notLetIn,
  '3D000': {
    en: 'There is no such database: create it (create database latchkey owner latchkey).',
    ko: '데이터베이스가 없습니다. 만드세요(create database latchkey owner latchkey).',
  },
  '08P01': {
    en: 'A pooler such as PgBouncer refuses it: set DATABASE_PREPARE=off, have it pool transactions or sessions (not statements), and set options on the role (alter role … set …), not in DATABASE_URL.',
    ko: 'PgBouncer 같은 풀러가 거부합니다. DATABASE_PREPARE=off로 설정하고, 풀러는 트랜잭션이나 세션 모드로 두고(statement 모드는 안 됩니다), options는 DATABASE_URL 대신 역할에 설정하세요(alter role … set …).',
  },
  TLS_REFUSED: {
    en: 'The server does not offer TLS, but DATABASE_URL requires it: turn it on there, or set sslmode=prefer.',
    ko: '서버가 TLS를 지원하지 않는데 DATABASE_URL이 TLS를 요구합니다. 서버에서 켜거나 sslmode=prefer로 바꾸세요.',
  },
  CHANNEL_BINDING_REFUSED: {
    en: 'The server offers no channel binding (SCRAM-SHA-256-PLUS over TLS), but DATABASE_URL requires it. Remove channel_binding=require only if you trust the network.',
    ko: '서버가 채널 바인딩(TLS의 SCRAM-SHA-256-PLUS)을 지원하지 않는데 DATABASE_URL이 요구합니다. 믿을 수 있는 네트워크일 때만 channel_binding=require를 빼세요.',
  },
  SASL_CHALLENGE_REFUSED: notTheServer,
  SASL_SIGNATURE_MISMATCH: notTheServer,
  NO_FIT_HOST: {
    en: 'None of the hosts can be reached and accepts writes.',
    ko: '연결되고 쓰기가 가능한 호스트가 없습니다.',
  },
  READ_ONLY: noWrites,
  '25006': noWrites,
  '42501': {
    en: 'This user may not do that: make it the owner of the database (alter database … owner to …), or make the schemas latchkey and drizzle for it (create schema … authorization …). Tables that another role made stay that role’s: restore them as this user (pg_restore --no-owner), or let it act as that role (alter role … set role = …).',
    ko: '이 사용자에게 권한이 없습니다. 데이터베이스의 소유자로 지정하거나(alter database … owner to …) latchkey와 drizzle 스키마를 만들어 주세요(create schema … authorization …). 다른 역할이 만든 테이블은 그 역할의 것입니다. 이 사용자로 복원하거나(pg_restore --no-owner) 그 역할로 동작하게 하세요(alter role … set role = …).',
  },
  TOO_OLD: {
    en: 'The server is older than PostgreSQL 14, for which Latchkey is not made: use 14 or newer.',
    ko: '서버가 PostgreSQL 14보다 오래되어 Latchkey가 지원하지 않습니다. 14 이상을 사용하세요.',
  },
  NOT_UTF8: {
    en: 'Its encoding is not UTF8, so most names and every emoji would be refused: make another one (create database latchkey owner latchkey encoding UTF8 locale "C" template template0).',
    ko: '인코딩이 UTF8이 아니어서 대부분의 이름과 모든 이모지를 저장할 수 없습니다. 새로 만드세요(create database latchkey owner latchkey encoding UTF8 locale "C" template template0).',
  },
  '57P03': {
    en: 'The server is still starting, or shutting down.',
    ko: '서버가 시작 중이거나 종료 중입니다.',
  },
  '55P03': {
    en: 'Its tables are in use: a long transaction, or another program, holds one of them.',
    ko: '테이블이 사용 중입니다. 오래 걸리는 트랜잭션이나 다른 프로그램이 잠그고 있습니다.',
  },
  '53300': {
    en: 'The server has no free connection: raise max_connections, or lower DATABASE_POOL.',
    ko: '서버에 남은 연결이 없습니다. max_connections를 늘리거나 DATABASE_POOL을 줄이세요.',
  },
  '53100': {
    en: 'The server’s disk is full: make room there.',
    ko: '서버의 디스크가 가득 찼습니다. 공간을 확보하세요.',
  },
  '53200': {
    en: 'The server is out of memory, or out of places for locks (raise max_locks_per_transaction).',
    ko: '서버의 메모리가 부족하거나 잠금을 둘 자리가 없습니다(max_locks_per_transaction을 늘리세요).',
  },
  '57014': {
    en: 'A statement took longer than its time limit and was ended. Something holds a lock (an ALTER TABLE, a VACUUM FULL, a transaction that was left open: select pid, pg_blocking_pids(pid), query from pg_stat_activity), or the server is too slow.',
    ko: '문장이 시간 제한을 넘어 중단되었습니다. 무언가가 잠금을 쥐고 있거나(ALTER TABLE, VACUUM FULL, 열어 둔 트랜잭션: select pid, pg_blocking_pids(pid), query from pg_stat_activity) 서버가 너무 느립니다.',
  },
  '57P01': {
    en: 'The server was shut down, or somebody ended this connection; new ones are made.',
    ko: '서버가 종료되었거나 누군가 이 연결을 끊었습니다. 연결은 새로 만들어집니다.',
  },
  '57P02': {
    en: 'The server crashed, and recovers by itself: its own log says why (often it was out of memory).',
    ko: '서버가 비정상 종료되어 스스로 복구하는 중입니다. 원인은 서버 로그에 있습니다(메모리 부족인 경우가 많습니다).',
  },
  '40001': inEachOthersWay,
  '40P01': inEachOthersWay,
  '26000': otherConnection,
  '42P05': otherConnection,
  '42P07': {
    en: 'Tables are there, but the list of applied migrations (drizzle.latchkey_migrations) is not, or lacks them: restore both schemas with their data, or begin with an empty database (drop schema latchkey, drizzle cascade).',
    ko: '테이블은 있는데 적용된 마이그레이션 목록(drizzle.latchkey_migrations)이 없거나 빠져 있습니다. 두 스키마를 데이터까지 복원하거나 빈 데이터베이스로 시작하세요(drop schema latchkey, drizzle cascade).',
  },
}

/** What a failure's code means and what to do; empty for unknown codes. */
export function explainFailure(code: string, language: OperatorLanguage): string[] {
  const known = Object.hasOwn(FAILURES, code) ? FAILURES[code] : undefined
  return known === undefined ? [] : [known[language]]
}

/**
 * PostgreSQL's own message about a failure while connecting or migrating, where it contains
 * nobody's data. Empty if there is none.
 */
export function saidBy(error: unknown): string[] {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const isServers = cause instanceof Error && cause.name === 'PostgresError'
  return isServers ? [`PostgreSQL says: ${cause.message.split('\n', 1)[0]}.`] : []
}
