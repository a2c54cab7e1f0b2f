import type { LedgerDatabase } from '@shardline/ledger'
import { sql } from 'kysely'
import type { Test } from 'tap'

const CHANNEL = 'shardline_test'

/** What a database promises to those who listen. */
export async function listenRules(t: Test, database: LedgerDatabase): Promise<void> {
  await t.test('what is said in a transaction is heard when it commits, once, and in order', async (t) => {
    const ear = new Ear()
    const listening = await database.listen({ channel: CHANNEL, ...ear.handlers })
    await database.kysely.transaction().execute(async (transaction) => {
      await sql`select pg_notify(${CHANNEL}, 'one')`.execute(transaction)
      await sql`select pg_notify(${CHANNEL}, 'two')`.execute(transaction)
    })
    await say(database, 'Zähler "3"')
    t.same(await ear.heard(3), ['one', 'two', 'Zähler "3"'])
    await listening.stop()
  })

  await t.test('what is taken back is never heard', async (t) => {
    const ear = new Ear()
    const listening = await database.listen({ channel: CHANNEL, ...ear.handlers })
    const taken = database.kysely.transaction().execute(async (transaction) => {
      await sql`select pg_notify(${CHANNEL}, 'taken back')`.execute(transaction)
      throw new Error('changed my mind')
    })
    await t.rejects(taken, /changed my mind/)
    await say(database, 'kept')
    t.same(await ear.heard(1), ['kept'])
    await listening.stop()
  })

  await t.test("listening that begins beside somebody's transaction outlives its failure", async (t) => {
    const ear = new Ear()
    const [begun, ended] = [gate(), gate()]
    const failing = database.kysely.transaction().execute(async (transaction) => {
      await sql`select 1`.execute(transaction)
      begun.open()
      await ended.opened
      throw new Error('changed my mind')
    })
    await begun.opened
    const starting = database.listen({ channel: CHANNEL, ...ear.handlers })
    // Enough for a statement that doesn't wait for its turn to get into the transaction.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    ended.open()
    await t.rejects(failing, /changed my mind/)
    const listening = await starting
    await say(database, 'heard')
    t.same(await ear.heard(1), ['heard'])
    await listening.stop()
  })

  await t.test('several hear the same; one that stopped hears nothing more, the others do', async (t) => {
    const ears = [new Ear(), new Ear()] as const
    const [first, second] = [
      await database.listen({ channel: CHANNEL, ...ears[0].handlers }),
      await database.listen({ channel: CHANNEL, ...ears[1].handlers }),
    ]
    await say(database, 'both')
    t.same([await ears[0].heard(1), await ears[1].heard(1)], [['both'], ['both']])
    await first.stop()
    await say(database, 'second')
    t.same(await ears[1].heard(2), ['both', 'second'])
    t.same(ears[0].payloads, ['both'])
    await second.stop()
    await second.stop()
  })

  await t.test('another channel is not heard', async (t) => {
    const ear = new Ear()
    const listening = await database.listen({ channel: CHANNEL, ...ear.handlers })
    await sql`select pg_notify('shardline_other', 'elsewhere')`.execute(database.kysely)
    await say(database, 'here')
    t.same(await ear.heard(1), ['here'])
    t.equal(ear.losses.length, 0, 'and nothing is lost')
    await listening.stop()
  })
}

function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open: () => open(), opened }
}

async function say(database: LedgerDatabase, text: string): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${text})`.execute(database.kysely)
}

/** Someone who hears. */
export class Ear {
  readonly payloads: string[] = []
  readonly losses: Error[] = []
  readonly handlers: {
    readonly onPayload: (payload: string) => void
    readonly onLost: (error: Error) => void
  } = {
    onPayload: (payload) => {
      this.payloads.push(payload)
      this.#news()
    },
    onLost: (error) => {
      this.losses.push(error)
      this.#news()
    },
  }
  #news: () => void = () => undefined

  /** All that was heard, once it's `count` payloads. */
  async heard(count: number): Promise<readonly string[]> {
    await this.#until(() => this.payloads.length >= count)
    return this.payloads
  }

  /** All losses, once there is one. */
  async lost(): Promise<readonly Error[]> {
    await this.#until(() => this.losses.length > 0)
    return this.losses
  }

  async #until(isReached: () => boolean): Promise<void> {
    while (!isReached()) {
      await new Promise<void>((resolve) => {
        this.#news = resolve
      })
    }
  }
}
