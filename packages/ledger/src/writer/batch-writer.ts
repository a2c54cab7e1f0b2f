import type { Clock } from '@shardline/core'
import type { LedgerDatabase } from '../database/database.ts'
import { inTransaction } from '../database/in-transaction.ts'
import { LedgerBusyError, LedgerClosedError } from '../errors.ts'
import type { Command, CommandResult } from './command.ts'
import { writeBatch } from './write-batch.ts'

/** What a {@link BatchWriter} works with. */
export interface BatchWriterInit {
  readonly database: LedgerDatabase
  readonly clock: Clock
  readonly itemsPerBatchMax: number
  readonly itemsWaitingMax: number
  readonly expiredPerBatchMax: number
}

interface Waiting {
  readonly command: Command
  readonly resolve: (result: CommandResult) => void
  readonly reject: (cause: unknown) => void
}

/**
 * Gathers the calls that come while a transaction runs, and carries them out together in the next one.
 * The busier the ledger, the larger its batches: an account that everyone pays to is written once per batch.
 */
export class BatchWriter {
  readonly #init: BatchWriterInit
  #waiting: Waiting[] = []
  #itemsWaiting = 0
  #running: Promise<void> | undefined
  #isClosed = false

  constructor(init: BatchWriterInit) {
    this.#init = init
  }

  /**
   * Carries out a command and resolves when it is on disk.
   *
   * @throws LedgerBusyError at once when too much waits; LedgerClosedError after {@link close}; and what {@link inTransaction} throws.
   */
  write(command: Command): Promise<CommandResult> {
    const { itemsWaitingMax } = this.#init
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new LedgerClosedError()
      if (this.#itemsWaiting + command.items.length > itemsWaitingMax) {
        throw new LedgerBusyError(this.#itemsWaiting, itemsWaitingMax)
      }
      this.#waiting.push({ command, resolve, reject })
      this.#itemsWaiting += command.items.length
      this.#running ??= this.#run()
    })
  }

  /** Refuses further commands and resolves when all that were taken are done. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
  }

  async #run(): Promise<void> {
    // Callers of the same turn of the event loop share a batch.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#runBatch(this.#takeBatch())
    this.#running = undefined
  }

  #takeBatch(): readonly Waiting[] {
    let count = 0
    let items = 0
    for (const { command } of this.#waiting) {
      if (count > 0 && items + command.items.length > this.#init.itemsPerBatchMax) break
      items += command.items.length
      count++
    }
    this.#itemsWaiting -= items
    return this.#waiting.splice(0, count)
  }

  async #runBatch(batch: readonly Waiting[]): Promise<void> {
    const { clock, expiredPerBatchMax } = this.#init
    const commands = batch.map(({ command }) => command)
    try {
      const results = await inTransaction(this.#init, (transaction) =>
        writeBatch(transaction, { commands, nowMs: clock.now(), expiredMax: expiredPerBatchMax }),
      )
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as CommandResult)
    } catch (cause) {
      for (const { reject } of batch) reject(cause)
    }
  }
}
