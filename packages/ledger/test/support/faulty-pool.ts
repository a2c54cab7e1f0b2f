import type { LedgerConnection, LedgerPool, ListenInit, Listening, QueryRows } from '@shardline/ledger'

/** Where a connection breaks: at which statement from now or at the commit, and whether it is still carried out. */
export interface Fault {
  readonly statement: number | 'commit'
  readonly isAfter: boolean
}

/** A pool whose connection breaks when it is told to, as when the process or the network dies in the middle. */
export class FaultyPool implements LedgerPool {
  readonly #pool: LedgerPool
  #fault: Fault | undefined
  #statements = 0
  /** Whether the last fault struck, and whether its transaction had been committed by then. */
  struck: 'no' | 'uncommitted' | 'committed' = 'no'

  constructor(pool: LedgerPool) {
    this.#pool = pool
  }

  /** Breaks one connection at a statement from now on; undefined takes it back. */
  arm(fault: Fault | undefined): void {
    this.#fault = fault
    this.#statements = 0
    this.struck = 'no'
  }

  async connect(): Promise<LedgerConnection> {
    const connection = await this.#pool.connect()
    let isBroken = false
    return {
      query: async <Row>(sql: string, parameters: readonly unknown[]): Promise<QueryRows<Row>> => {
        if (isBroken) throw new Error('connection is broken')
        const fault = this.#fault
        const isCommit = /^\s*commit/i.test(sql)
        const isHere =
          fault?.statement === (isCommit ? 'commit' : undefined) || fault?.statement === this.#statements++
        if (fault === undefined || !isHere) return connection.query(sql, parameters)
        isBroken = true
        this.#fault = undefined
        if (fault.isAfter) await connection.query(sql, parameters)
        this.struck = fault.isAfter && isCommit ? 'committed' : 'uncommitted'
        throw new Error('connection terminated unexpectedly')
      },
      release: () => {
        if (!isBroken) return connection.release()
        void connection.query('rollback', []).then(() => connection.release())
      },
    }
  }

  get lost(): AbortSignal {
    return this.#pool.lost
  }

  listen(init: ListenInit): Promise<Listening> {
    return this.#pool.listen(init)
  }

  end(): Promise<void> {
    return this.#pool.end()
  }
}
