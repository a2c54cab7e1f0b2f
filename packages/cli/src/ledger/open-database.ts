import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openDatabase } from '@shardline/ledger'
import type { LedgerDatabase } from '@shardline/ledger'
import type { Config } from '../config.ts'
import { LedgerNotFoundError } from '../errors.ts'

/** Which database a command reads. */
export interface DatabaseOptions {
  readonly database: string | undefined
}

/** Every data folder of PostgreSQL has it. */
const FOLDER_MARK = 'PG_VERSION'

/**
 * Opens the database that the options or the configuration name, if there is one: a wrong name must not make a new one.
 *
 * @throws LedgerNotFoundError, DatabaseInUseError, DatabaseUnavailableError.
 */
export async function openExistingDatabase(
  options: DatabaseOptions,
  config: Pick<Config, 'database'>,
): Promise<LedgerDatabase> {
  const location = options.database ?? config.database
  if (/^postgres(?:ql)?:\/\//.test(location)) return openDatabase(location)
  const folder = resolve(location)
  await access(join(folder, FOLDER_MARK)).catch(() => {
    throw new LedgerNotFoundError(folder)
  })
  return openDatabase(folder)
}
