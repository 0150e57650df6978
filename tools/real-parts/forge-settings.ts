// The settings file of the test forge: everything on loopback, nothing that waits, nothing that calls home.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

/**
 * Gitea's app.ini. The secrets are made here, for this one run.
 * @param folder for the data
 * @param staticFolder the templates and translations that belong to the binary
 */
export function forgeSettings(request: {
  readonly folder: string;
  readonly staticFolder: string;
  readonly port: number;
}): string {
  const { folder, staticFolder, port } = request;
  const secret = (): string => randomBytes(32).toString('base64url');
  return `
APP_NAME = Test forge
RUN_MODE = prod
WORK_PATH = ${folder}
; It refuses to run as root, which is what CI containers run as. Here nobody else can reach it.
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true

[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = http://127.0.0.1:${port}/
DISABLE_SSH = true
LFS_START_SERVER = false
OFFLINE_MODE = true
STATIC_ROOT_PATH = ${staticFolder}

[database]
DB_TYPE = sqlite3
PATH = ${join(folder, 'forge.db')}
; The data is thrown away: no write has to reach the disk.
SQLITE_JOURNAL_MODE = MEMORY
; Several test suites write at once: who has to wait for the others gets no error. In milliseconds.
SQLITE_TIMEOUT = 20000

[security]
INSTALL_LOCK = true
SECRET_KEY = ${secret()}
INTERNAL_TOKEN = ${secret()}
MIN_PASSWORD_LENGTH = 8

[oauth2]
ENABLED = false
JWT_SECRET = ${secret()}

; Small pages, so that a test needs few things to have a second one.
[api]
MAX_RESPONSE_ITEMS = 10
DEFAULT_PAGING_NUM = 10

[service]
DISABLE_REGISTRATION = true
DEFAULT_KEEP_EMAIL_PRIVATE = true

[repository]
DEFAULT_BRANCH = main

[indexer]
ISSUE_INDEXER_TYPE = db

[queue]
TYPE = channel

[session]
PROVIDER = memory

[picture]
DISABLE_GRAVATAR = true

[webhook]
ALLOWED_HOST_LIST = loopback

[actions]
ENABLED = false

[packages]
ENABLED = true

[cron.update_checker]
ENABLED = false

[log]
MODE = console
LEVEL = Warn
`.trimStart();
}
