import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { SAMPLING_OF_DRIVER, textAsk } from '@shardline/client'
import { silentLog, systemClock, systemRandom } from '@shardline/core'
import {
  createIdentity,
  encryptionKeyOfEntry,
  historyKeyFromSeed,
  partyId,
  publicKeyOf,
  sealPrompt,
} from '@shardline/identity'
import type { DriverKeyEntry } from '@shardline/identity'
import { askContent, WebSocketTransport } from '@shardline/wire'
import type { Link, OfferMessage } from '@shardline/wire'
import type { AttackPlan } from './attack-plan.ts'

/** Bytes of the driver that are passed on: those of the handshake and of what it offers, and little more. */
const READ_BYTES_MAX = 16 * 1024
/** Handshakes at a time: from one address only so many may be open. */
const GROUP = 16
const AGAIN_MS = 1_000

/** Links that ask for much and read nothing of it. One that is closed is made again, and asks again. */
export class SlowCrowd {
  readonly #plan: AttackPlan
  readonly #links = new Set<Link>()
  #address = ''
  #again = 0

  constructor(plan: AttackPlan) {
    this.#plan = plan
  }

  /** Links that are open now. */
  get open(): number {
    return this.#links.size
  }

  /** How often one was made again. */
  get again(): number {
    return this.#again
  }

  /** Resolves when all are there. */
  async start(): Promise<void> {
    const server = await forward(this.#plan)
    this.#address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { slowReaders } = this.#plan
    let left = slowReaders
    await Promise.all(
      Array.from({ length: Math.min(GROUP, slowReaders) }, async () => {
        while (left-- > 0) await this.#keep()
      }),
    )
  }

  /** Makes a link, however often it takes, and once more whenever it ends. */
  async #keep(): Promise<void> {
    for (;;) {
      try {
        const link = await this.#ask()
        this.#links.add(link)
        void link.closed.then(async () => {
          this.#links.delete(link)
          await systemClock.sleep(AGAIN_MS)
          this.#again += 1
          await this.#keep()
        })
        return
      } catch {
        await systemClock.sleep(AGAIN_MS)
      }
    }
  }

  async #ask(): Promise<Link> {
    const identity = await createIdentity(systemRandom)
    const driver = partyId(this.#plan.driver)
    const self = { node: 'client', role: 'client', software: 'test' } as const
    // It gets nothing any more soon, and isn't to take that for the driver's death.
    const limits = { livenessMsMax: 3_600_000 }
    const transport = new WebSocketTransport(
      { clock: systemClock, log: silentLog },
      { self, security: { identity }, limits },
    )
    const link = await transport.dial(this.#address, { expectPublicKey: publicKeyOf(driver) })
    const { value } = (await link.messages()[Symbol.asyncIterator]().next()) as { value: OfferMessage }
    const sampling = { ...SAMPLING_OF_DRIVER, topLogprobs: 20 }
    for (let index = 0; index < this.#plan.asksPerReader; index++) {
      const requestId = randomUUID()
      const sealed = await sealPrompt({
        prompt: askContent.encode(textAsk('Tell me a story.', { sampling, maxTokens: 100 })),
        driverKey: encryptionKeyOfEntry(JSON.parse(value.sealingKey) as DriverKeyEntry),
        terms: { requestId, driverId: driver, lockedPrice: 0n, expiresAtMs: systemClock.now() + 600_000 },
        historyKey: historyKeyFromSeed(randomBytes(32)),
        random: systemRandom,
      })
      await link.send({ kind: 'ask', ask: requestId, sealed: Buffer.from(sealed).toString('base64') })
    }
    return link
  }
}

/** A way to the driver from the attackers' address, on which little comes back. */
async function forward({ port, from }: AttackPlan): Promise<Server> {
  const server = createServer((incoming) => {
    const outgoing = connect({ host: '127.0.0.1', port, localAddress: from })
    incoming.pipe(outgoing)
    passSome(outgoing, incoming)
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      one.on('error', () => undefined)
      one.once('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Reads so many bytes and no more. */
function passSome(source: Socket, target: Socket): void {
  let bytes = 0
  source.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength
    target.write(chunk)
    if (bytes > READ_BYTES_MAX) source.pause()
  })
}
