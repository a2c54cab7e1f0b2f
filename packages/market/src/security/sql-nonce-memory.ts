import type { Clock } from '@shardline/core'
import type { NonceMemory, PartyId } from '@shardline/identity'
import type { LedgerDatabase } from '@shardline/ledger'
import { inMarketTransaction } from '../database/transaction.ts'

/** What a {@link SqlNonceMemory} works with. */
export interface SqlNonceMemoryInit {
  readonly database: LedgerDatabase
  readonly clock: Clock
}

/** Nonces that all replicas of a market share: what one of them has seen, none takes again. The sweep forgets old ones. */
export class SqlNonceMemory implements NonceMemory {
  readonly #init: SqlNonceMemoryInit

  constructor(init: SqlNonceMemoryInit) {
    this.#init = init
  }

  /** @throws DatabaseUnavailableError */
  remember(entry: {
    readonly signer: PartyId
    readonly nonce: string
    readonly untilMs: number
  }): Promise<boolean> {
    return inMarketTransaction(this.#init, async (transaction) => {
      const { numInsertedOrUpdatedRows } = await transaction
        .insertInto('market.nonces')
        .values({ signer: entry.signer, nonce: entry.nonce, until_ms: BigInt(Math.ceil(entry.untilMs)) })
        .onConflict((conflict) => conflict.columns(['signer', 'nonce']).doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    })
  }
}
