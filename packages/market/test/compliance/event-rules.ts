import { silentLog } from '@shardline/core'
import type { Log } from '@shardline/core'
import { openMarket } from '@shardline/market'
import type { MarketEvent } from '@shardline/market'
import { sql } from 'kysely'
import type { Test } from 'tap'
import { EVENTS_CHANNEL } from '../../src/events/publish.ts'
import { LISTEN_RETRY_MS_MAX } from '../../src/limits.ts'
import { openPlayed } from '../support/open-played.ts'
import type { OpenAgain } from '../support/played-market.ts'

/** What the market promises about events. */
export async function eventRules(t: Test, openAgain: OpenAgain): Promise<void> {
  const log = new NotedLog()
  const played = await openPlayed(openAgain, { log: log.log })
  const { market, database, clock, random, model } = played
  const user = played.id('user')
  // Another process, if the database takes one.
  await using replica = await openMarket({ database: await openAgain(), clock, random, log: silentLog })
  const heard = new Heard()
  const stop = market.events.subscribe(heard.take)

  await t.test('everyone hears how requests and prices change, in this process and in others', async (t) => {
    const afar = new Heard()
    const stopAfar = replica.events.subscribe(afar.take)
    const { id } = await played.submitted()
    await market.cancel(user, id)
    for (const ears of [heard, afar]) {
      const events = await ears.until((event) => event.type === 'request' && event.isSettled)
      const states = events.flatMap((event) =>
        event.type === 'request' ? [`${event.state}${event.isSettled ? ' settled' : ''}`] : [],
      )
      t.same(states, ['QUOTED', 'PENDING', 'CANCELLED', 'CANCELLED settled'])
      t.match(
        events.find((event) => event.type === 'request'),
        { request: id, user, driver: played.id('driver'), fence: 0 },
      )
      const prices = events.flatMap((event) => (event.type === 'price' ? [event] : []))
      t.same(
        prices.map(({ seq }) => seq),
        [2n, 3n],
      )
      t.match(prices.at(-1), { model, price: (await played.now()).price })
    }
    stopAfar()
  })

  await t.test('a change that is refused is not heard of', async (t) => {
    heard.forget()
    await t.rejects(played.open({ driver: user }))
    await t.rejects(played.report(1, { by: 'stranger' }))
    await market.setModel(played.id('operator'), { model, layerCount: 8, basePrice: 101n })
    t.match(await heard.until(() => true), [{ type: 'price' }])
  })

  await t.test(
    'one that fails at an event keeps nothing from the others, and who stopped hears nothing',
    async (t) => {
      const stopFailing = market.events.subscribe(() => {
        throw new Error('of its own')
      })
      const quiet = new Heard()
      market.events.subscribe(quiet.take)()
      const late = new Heard()
      const stopLate = market.events.subscribe(late.take)
      await market.setModel(played.id('operator'), { model, layerCount: 8, basePrice: 102n })
      t.match(await late.until(() => true), [{ type: 'price' }])
      t.equal(quiet.events.length, 0)
      t.ok(log.events.includes('event-subscriber-failed'))
      stopFailing()
      stopLate()
    },
  )

  await t.test('what something else says on the channel harms nobody', async (t) => {
    heard.forget()
    for (const payload of ['', 'null', '{', '{"type":"price","seq":"x"}', '{"type":"other"}']) {
      await sql`select pg_notify(${EVENTS_CHANNEL}, ${payload})`.execute(database.kysely)
    }
    await market.setModel(played.id('operator'), { model, layerCount: 8, basePrice: 103n })
    t.match(await heard.until((event) => event.type === 'price'), [{ type: 'price', model }])
    t.equal(heard.events.length, 1)
    t.ok(log.events.includes('event-unreadable'))
  })
  stop()
  await market.close()
}

/** What is heard again after the database ended the connection; for a database that has connections. */
export async function lostEventRules(t: Test, openAgain: OpenAgain): Promise<void> {
  await t.test('after its connection was lost it listens again, and says both in the log', async (t) => {
    const log = new NotedLog()
    const played = await openPlayed(openAgain, { log: log.log })
    const { market, database, clock } = played
    const heard = new Heard()
    let missed = 0
    market.events.subscribe(heard.take, () => missed++)
    const { rows } = await sql<{ ended: boolean }>`
      select pg_terminate_backend(pid) as ended from pg_stat_activity
      where application_name = 'shardline-listen' and datname = current_database()`.execute(database.kysely)
    t.same(rows, [{ ended: true }])
    await log.until('events-lost')
    t.match(log.fieldsOf('events-lost'), { code: 'LEDGER_DATABASE_UNAVAILABLE' })
    clock.advance(LISTEN_RETRY_MS_MAX)
    t.equal(missed, 0)
    await log.until('events-back')
    t.equal(missed, 1, 'and says that something may have been missed')
    await market.setModel(played.id('operator'), { model: played.model, layerCount: 8, basePrice: 101n })
    t.match(await heard.until(() => true), [{ type: 'price' }])
    await market.close()
  })

  await t.test('a market that is closed while it has lost its connection closes at once', async (t) => {
    const log = new NotedLog()
    const { market, database } = await openPlayed(openAgain, { log: log.log })
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'shardline-listen' and datname = current_database()`.execute(database.kysely)
    await log.until('events-lost')
    await market.close()
    t.notOk(log.events.includes('events-back'))
  })
}

/** Someone who hears. */
class Heard {
  readonly events: MarketEvent[] = []
  #news: () => void = () => undefined
  readonly take = (event: MarketEvent): void => {
    this.events.push(event)
    this.#news()
  }

  forget(): void {
    this.events.length = 0
  }

  /** All that was heard, once something is there that is looked for. */
  async until(isIt: (event: MarketEvent) => boolean): Promise<readonly MarketEvent[]> {
    while (!this.events.some((event) => isIt(event))) {
      await new Promise<void>((resolve) => {
        this.#news = resolve
      })
    }
    return this.events
  }
}

/** A log that can be waited for. */
class NotedLog {
  readonly events: string[] = []
  readonly #fields = new Map<string, unknown>()
  #news: () => void = () => undefined
  readonly log: Log

  constructor() {
    const note = (event: string, fields?: unknown): void => {
      this.events.push(event)
      this.#fields.set(event, fields)
      this.#news()
    }
    this.log = { error: note, warn: note, info: note, debug: note, trace: note, child: () => this.log }
  }

  fieldsOf(event: string): unknown {
    return this.#fields.get(event)
  }

  async until(event: string): Promise<void> {
    while (!this.events.includes(event)) {
      await new Promise<void>((resolve) => {
        this.#news = resolve
      })
    }
  }
}
