import type { OperatorLanguage } from './operator-texts.ts'

/** What is wrong with a file or folder that the settings name, or with one of Latchkey's own. */
export type FileProblem =
  /** `why` is the system's own message. */
  | { reason: 'env_unread'; path: string; why: string }
  | { reason: 'env_utf16'; path: string }
  | { reason: 'env_encoding'; path: string }
  | { reason: 'env_line' | 'env_quote'; path: string; line: number }
  | { reason: 'secret_unread'; path: string; why: string }
  | { reason: 'secret_empty'; path: string }
  | { reason: 'secret_short'; path: string }
  | { reason: 'secret_open'; path: string }
  | { reason: 'folder_open'; path: string }
  | { reason: 'folder_of_another'; path: string; owner: number }
  | { reason: 'data_refused'; path: string; why: string }
  | { reason: 'data_incomplete'; path: string }
  | { reason: 'data_gone' | 'data_behind_link'; path: string; target: string }
  | { reason: 'data_of_another'; path: string; owner: number; own: number | undefined }

const SECRET_STEPS = {
  en: 'put the one from a backup there, or delete the file and everybody signs in anew, or set SECRET.',
  ko: '백업에 있는 것을 넣거나, 파일을 지우거나(모두 다시 로그인해야 합니다), SECRET을 설정하세요.',
}

const TEXTS: Readonly<Record<OperatorLanguage, (problem: FileProblem) => string>> = {
  en(problem) {
    const { path } = problem
    switch (problem.reason) {
      case 'env_unread':
        return `${path} is there and cannot be read: ${problem.why}.`
      case 'env_utf16':
        return `${path} is not UTF-8 (it looks like UTF-16): save it as UTF-8.`
      case 'env_encoding':
        return `${path} is not UTF-8: save it as UTF-8.`
      case 'env_line':
        return `${path}: line ${problem.line} is neither NAME=value nor a comment. Put # before it, or quotes around a value of several lines.`
      case 'env_quote':
        return `${path}: in line ${problem.line} a quote begins that never ends, or ends within a later line.`
      case 'secret_unread':
        return `The secret in ${path} cannot be read: ${problem.why}. Let this user read it, or set SECRET.`
      case 'secret_empty':
        return `The secret in ${path} is empty: ${SECRET_STEPS.en}`
      case 'secret_short':
        return `The secret in ${path} is too short: ${SECRET_STEPS.en}`
      case 'secret_open':
        return `Every user of this machine can read or change the secret in ${path}: chmod 600 ${path}, and make a new one if you do not trust them all.`
      case 'folder_open':
        return `Every user of this machine can change what is in ${path}, the secret and the database: chmod go-w ${path}.`
      case 'folder_of_another':
        return `The folder ${path} belongs to another user (uid ${problem.owner}), who can change what is in it, the secret and the database. Set DATA_DIR to a folder of your own.`
      case 'data_refused':
        return `The embedded database in ${path} could not be started: ${problem.why}. Set DATA_DIR to a folder that can be written, or set DATABASE_URL.`
      case 'data_incomplete':
        return `The folder ${path} is not a complete PostgreSQL data folder, and Latchkey did not leave it like that. Restore it from a backup or move it away, or set DATA_DIR to another folder.`
      case 'data_gone':
        return `The embedded database was kept in ${problem.target}, to which ${path} leads, and is gone. Restore it from a backup, or remove ${path} to begin anew, or set DATABASE_URL.`
      case 'data_behind_link':
        return `${path} is a link to ${problem.target}, where no data is, and Latchkey begins none behind a link. Remove it, and set DATA_DIR to a folder there, or put such a link in the place of DATA_DIR itself.`
      case 'data_of_another':
        return `The database folder ${path} belongs to another user (uid ${problem.owner}), perhaps because Latchkey once ran as root. Run Latchkey as that user, or hand the folder over with chown -R ${problem.own} ${path}, or set DATA_DIR to another folder, or set DATABASE_URL.`
    }
  },
  ko(problem) {
    const { path } = problem
    switch (problem.reason) {
      case 'env_unread':
        return `${path} 파일을 읽을 수 없습니다: ${problem.why}.`
      case 'env_utf16':
        return `${path} 파일이 UTF-8이 아닙니다(UTF-16으로 보입니다). UTF-8로 저장하세요.`
      case 'env_encoding':
        return `${path} 파일이 UTF-8이 아닙니다. UTF-8로 저장하세요.`
      case 'env_line':
        return `${path}의 ${problem.line}번째 줄이 이름=값도 주석도 아닙니다. 앞에 #을 붙이거나, 여러 줄로 된 값이면 따옴표로 감싸세요.`
      case 'env_quote':
        return `${path}의 ${problem.line}번째 줄에서 시작한 따옴표가 닫히지 않거나, 뒤의 줄 중간에서 닫힙니다.`
      case 'secret_unread':
        return `${path}의 비밀 값을 읽을 수 없습니다: ${problem.why}. 이 사용자가 읽을 수 있게 하거나 SECRET을 설정하세요.`
      case 'secret_empty':
        return `${path}의 비밀 값이 비어 있습니다. ${SECRET_STEPS.ko}`
      case 'secret_short':
        return `${path}의 비밀 값이 너무 짧습니다. ${SECRET_STEPS.ko}`
      case 'secret_open':
        return `이 컴퓨터의 모든 사용자가 ${path}의 비밀 값을 읽거나 바꿀 수 있습니다. chmod 600 ${path}를 실행하고, 모두를 믿을 수 없다면 새로 만드세요.`
      case 'folder_open':
        return `이 컴퓨터의 모든 사용자가 ${path}에 있는 비밀 값과 데이터베이스를 바꿀 수 있습니다. chmod go-w ${path}를 실행하세요.`
      case 'folder_of_another':
        return `${path} 폴더의 소유자가 다른 사용자(uid ${problem.owner})라서, 그 사용자가 비밀 값과 데이터베이스를 바꿀 수 있습니다. DATA_DIR을 직접 소유한 폴더로 바꾸세요.`
      case 'data_refused':
        return `${path}에서 자체 데이터베이스를 시작할 수 없습니다: ${problem.why}. DATA_DIR을 쓸 수 있는 폴더로 바꾸거나 DATABASE_URL을 설정하세요.`
      case 'data_incomplete':
        return `${path} 폴더는 온전한 PostgreSQL 데이터 폴더가 아니며, Latchkey가 그렇게 둔 것도 아닙니다. 백업에서 복원하거나 다른 곳으로 옮기세요. DATA_DIR을 다른 폴더로 바꿔도 됩니다.`
      case 'data_gone':
        return `${path}가 가리키는 자체 데이터베이스 ${problem.target}가 없어졌습니다. 백업에서 복원하거나, 새로 시작하려면 ${path}를 지우거나, DATABASE_URL을 설정하세요.`
      case 'data_behind_link':
        return `${path}은(는) 데이터가 없는 ${problem.target}(으)로 가는 링크이며, Latchkey는 링크 너머에 데이터를 새로 만들지 않습니다. 링크를 지우고 DATA_DIR을 그곳의 폴더로 설정하거나, DATA_DIR 자리에 링크를 두세요.`
      case 'data_of_another':
        return `데이터베이스 폴더 ${path}의 소유자가 다른 사용자(uid ${problem.owner})입니다. 전에 Latchkey를 root로 실행했는지 확인하세요. 그 사용자로 실행하거나, chown -R ${problem.own} ${path}로 소유자를 바꾸거나, DATA_DIR을 다른 폴더로 바꾸거나, DATABASE_URL을 설정하세요.`
    }
  },
}

/** What is wrong, and what to do, without any content of the file. */
export const fileProblemText = (problem: FileProblem, language: OperatorLanguage): string =>
  TEXTS[language](problem)

/**
 * A file or folder cannot be used. The message says why in English; `problem` is for other
 * languages.
 */
export class FileError extends Error {
  override name = 'FileError'
  readonly problem: FileProblem
  constructor(problem: FileProblem, options?: ErrorOptions) {
    super(fileProblemText(problem, 'en'), options)
    this.problem = problem
  }
}
