import type { PGlite } from '@electric-sql/pglite'

/** The functions of PGlite's module in which PostgreSQL runs. */
const ENTRIES = [
  '_PostgresMainLoopOnce',
  '_PostgresMainLongJmp',
  '_PostgresSendReadyForQueryIfNecessary',
  '_pgl_pq_flush',
  'stackRestore',
] as const

/** By this exception PostgreSQL jumps back to its main loop after an ordinary error (`POSTGRES_MAIN_LONGJMP` in PGlite). */
const LONG_JUMP_STATUS = 100

/** What a {@link guardCrashes} guards: PGlite's module, or some of it. */
export type GuardedModule = Pick<PGlite['Module'], (typeof ENTRIES)[number]>

/** Knows whether an embedded database has crashed. */
export interface CrashGuard {
  /** What it crashed of; undefined while it works. */
  readonly crash: unknown
}

/**
 * Lets a crash of the embedded PostgreSQL be thrown to whoever asked, then and ever after. A crash is what ends a server's
 * process, such as a write-ahead log without room on the disk. PGlite's loop takes no notice of it: it runs the statement
 * again and again, and the event loop never gets its turn. So its parts, which the loop calls through the module, throw.
 */
export function guardCrashes(module: GuardedModule): CrashGuard {
  let crash: { readonly cause: unknown } | undefined
  const guarded =
    <Arguments extends readonly unknown[], Result>(run: (...given: Arguments) => Result) =>
    (...given: Arguments): Result => {
      if (crash !== undefined) throw crash.cause
      try {
        return run(...given)
      } catch (cause) {
        if (!isLongJump(cause)) crash = { cause }
        throw cause
      }
    }
  for (const entry of ENTRIES) {
    Object.assign(module, { [entry]: guarded(module[entry] as (...given: readonly unknown[]) => unknown) })
  }
  return {
    get crash() {
      return crash?.cause
    },
  }
}

function isLongJump(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && 'status' in cause && cause.status === LONG_JUMP_STATUS
}
