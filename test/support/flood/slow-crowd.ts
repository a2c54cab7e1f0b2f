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
import type { AskMessage, Link, OfferMessage } from '@shardline/wire'
import type { AttackPlan } from './attack-plan.ts'

/** Bytes of the driver that are passed on: those of the handshake and of what it offers, and little more. */
const READ_BYTES_MAX = 16 * 1024
/** Handshakes at a time: from one address only so many may be open. */
const GROUP = 16
/** Milliseconds after which a link that was closed is made again. */
const AGAIN_MS = 1_000
/** Milliseconds in which all ask again, so that there is always more of them than the driver takes. */
const ROUND_MS = 30_000

/** Links that ask for much, again and again, and read nothing of it. One that is closed is made again. */
export class SlowCrowd {
  readonly #plan: AttackPlan
  readonly #links = new Map<Link, DriverKeyEntry>()
  #address = ''
  #again = 0
  #isEnough = false

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

  /** Resolves when all are there, and have asked. */
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
    for (const [link, key] of this.#links) await this.#askOn(link, key)
    void this.#goOn()
  }

  /** Asks no more; the links stay. */
  stopAsking(): void {
    this.#isEnough = true
  }

  /** One after the other asks again, so that what is refused doesn't come all at once. */
  async #goOn(): Promise<void> {
    while (!this.#isEnough) {
      for (const [link, key] of this.#links) {
        await systemClock.sleep(ROUND_MS / this.#plan.slowReaders)
        if (!this.#isEnough) await this.#askOn(link, key)
      }
      if (this.#links.size === 0) await systemClock.sleep(AGAIN_MS)
    }
  }

  async #askOn(link: Link, key: DriverKeyEntry): Promise<void> {
    for (let index = 0; index < this.#plan.asksPerReader; index++) {
      const ask = await this.#seal(key)
      // Nobody takes what is sent to a link that is gone, or that the driver reads no more.
      link.send(ask).catch(() => undefined)
    }
  }

  /** Makes a link, however often it takes, and once more whenever it ends. */
  async #keep(): Promise<void> {
    for (;;) {
      try {
        const { link, key } = await this.#dial()
        this.#links.set(link, key)
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

  async #dial(): Promise<{ readonly link: Link; readonly key: DriverKeyEntry }> {
    const identity = await createIdentity(systemRandom)
    const self = { node: 'client', role: 'client', software: 'test' } as const
    // It gets nothing any more soon, and isn't to take that for the driver's death.
    const limits = { livenessMsMax: 3_600_000 }
    const transport = new WebSocketTransport(
      { clock: systemClock, log: silentLog },
      { self, security: { identity }, limits },
    )
    const link = await transport.dial(this.#address, {
      expectPublicKey: publicKeyOf(partyId(this.#plan.driver)),
    })
    const { value } = (await link.messages()[Symbol.asyncIterator]().next()) as { value: OfferMessage }
    return { link, key: JSON.parse(value.sealingKey) as DriverKeyEntry }
  }

  async #seal(key: DriverKeyEntry): Promise<AskMessage> {
    const sampling = { ...SAMPLING_OF_DRIVER, topLogprobs: 20 }
    const requestId = randomUUID()
    const sealed = await sealPrompt({
      prompt: askContent.encode(textAsk('Tell me a story.', { sampling, maxTokens: 100 })),
      driverKey: encryptionKeyOfEntry(key),
      terms: {
        requestId,
        driverId: partyId(this.#plan.driver),
        lockedPrice: 0n,
        expiresAtMs: systemClock.now() + 600_000,
      },
      historyKey: historyKeyFromSeed(randomBytes(32)),
      random: systemRandom,
    })
    return { kind: 'ask', ask: requestId, sealed: Buffer.from(sealed).toString('base64') }
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
