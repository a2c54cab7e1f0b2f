import type { LayerRange } from '@shardline/core'
import { CleanupStack, systemClock, UnexpectedError } from '@shardline/core'
import { dialPeer } from '@shardline/node'
import type { Link, Listener, Message, MessageKind } from '@shardline/wire'
import type { Protection } from '../link/link-results.ts'
import { FrameSource } from './frame-source.ts'
import type { HopFlow, HopWorkload } from './hop-workload.ts'
import { HOP_CONTEXT_TOKENS, rowsOf } from './hop-workload.ts'
import type { BenchTransport } from './open-transport.ts'
import { openTransport } from './open-transport.ts'
import { startStage } from './start-stage.ts'

/** What a hop is made of. */
export interface HopInit {
  readonly protection: Protection
  /** File or folder. */
  readonly model: string
  /** Layers of the worker. */
  readonly layers: LayerRange
  readonly threads: number
  readonly cacheFolder: string
}

const PIPELINE = 'hop'
const EPOCH = 1
/** Sessions at once, with room for those that are being closed. */
const SESSIONS_MAX = 64

interface Ends {
  readonly cleanup: CleanupStack
  readonly into: Link
  readonly outOf: AsyncIterator<Message>
  readonly hiddenSize: number
}

/**
 * One worker in a process of its own, whose neighbours on both sides are this process: a frame is encoded, sealed, sent,
 * opened, decoded, goes through the worker's layers, and comes the same way to the other side. The neighbours compute nothing.
 */
export class Hop implements AsyncDisposable {
  readonly #ends: Ends
  #measured = 0

  private constructor(ends: Ends) {
    this.#ends = ends
  }

  /** Starts the worker, and gives it a plan whose next stage is this process. */
  static async start(init: HopInit): Promise<Hop> {
    const { protection, model, layers, threads, cacheFolder } = init
    await using building = new CleanupStack()
    const stage = await startStage({ kind: 'worker', protection, model, threads, cacheFolder })
    building.add(async () => stage[Symbol.asyncDispose]())
    const driver = await openTransport(protection, 'driver')
    const validator = await openTransport(protection, 'validator')
    building.add(async () => driver[Symbol.asyncDispose]())
    building.add(async () => validator[Symbol.asyncDispose]())
    const { listener, accepted } = await acceptOne(validator)
    building.add(() => listener.close())
    const into = await dialPeer(driver.transport, stage.address, { signal: new AbortController().signal })
    building.add(() => into.close('measured'))
    const answers = into.messages()[Symbol.asyncIterator]()
    await into.send({ kind: 'describe', request: 1 })
    const { model: facts } = await nextOf(answers, 'description')
    if (facts === null) throw new UnexpectedError('the worker has no model')
    await into.send({
      kind: 'plan',
      request: 2,
      pipeline: PIPELINE,
      epoch: EPOCH,
      model,
      modelDigest: facts.digest,
      precision: 'auto',
      layers,
      next: validator.nameOf(listener.address),
      contextLength: HOP_CONTEXT_TOKENS,
      sessionsMax: SESSIONS_MAX,
      weights: null,
    })
    const next = await accepted
    const outOf = next.messages()[Symbol.asyncIterator]()
    await nextOf(outOf, 'join')
    await next.send({ kind: 'standing', pipeline: PIPELINE, epoch: EPOCH, sessions: [] })
    await nextOf(answers, 'ready')
    return new Hop({ cleanup: building.release(), into, outOf, hiddenSize: facts.hiddenSize })
  }

  /** Sends a workload's frames through; resolves with microseconds a frame. */
  async measure(workload: HopWorkload, flow: HopFlow): Promise<number> {
    const { hiddenSize } = this.#ends
    const lanes = flow === 'saturated' ? 2 : 1
    const sources = Array.from({ length: lanes }, () => {
      this.#measured += 1
      const name = `s${this.#measured}`
      return new FrameSource({ workload, hiddenSize, pipeline: PIPELINE, epoch: EPOCH, name })
    })
    const startedMs = systemClock.monotonic()
    await this.#pass(workload, sources)
    const elapsedMs = systemClock.monotonic() - startedMs
    for (const source of sources) await this.#ends.into.send(source.end())
    return (elapsedMs * 1000) / workload.frames
  }

  /** Each source has a frame on its way; where two came out as one, both follow. */
  async #pass(workload: HopWorkload, sources: readonly FrameSource[]): Promise<void> {
    const { into, outOf } = this.#ends
    const rowsPerFrame = rowsOf(workload)
    const rowsWanted = workload.frames * rowsPerFrame
    let sent = 0
    let rowsBack = 0
    const send = (): void => {
      const source = sources[sent % sources.length]
      if (sent === workload.frames || source === undefined) return
      sent += 1
      void into.send(source.next())
    }
    for (let i = 0; i < sources.length; i++) send()
    while (rowsBack < rowsWanted) {
      const { segments } = await nextOf(outOf, 'hidden')
      const framesBack = Math.floor(rowsBack / rowsPerFrame)
      rowsBack += segments.reduce((sum, { rows }) => sum + rows, 0)
      for (let i = framesBack; i < Math.floor(rowsBack / rowsPerFrame); i++) send()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#ends.cleanup.run()
  }
}

/** Listens where the worker will dial its next stage. */
async function acceptOne({
  transport,
}: BenchTransport): Promise<{ readonly listener: Listener; readonly accepted: Promise<Link> }> {
  let accept: (link: Link) => void = () => undefined
  const accepted = new Promise<Link>((resolve) => {
    accept = resolve
  })
  const listener = await transport.listen('ws://127.0.0.1:0', (link) => accept(link))
  return { listener, accepted }
}

type Of<Kind extends MessageKind> = Extract<Message, { readonly kind: Kind }>

/** The next message of that kind; told progress is passed over. */
async function nextOf<Kind extends MessageKind>(
  messages: AsyncIterator<Message>,
  kind: Kind,
): Promise<Of<Kind>> {
  for (;;) {
    const result = await messages.next()
    if (result.done === true) throw new UnexpectedError(`the worker's link ended before ${kind}`)
    if (isOf(result.value, kind)) return result.value
    if (result.value.kind === 'error') throw new UnexpectedError(`the worker says: ${result.value.message}`)
  }
}

function isOf<Kind extends MessageKind>(message: Message, kind: Kind): message is Of<Kind> {
  return message.kind === kind
}
