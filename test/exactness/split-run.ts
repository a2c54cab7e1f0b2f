import { SeededRandom, sessionId } from '@shardline/core'
import type { LayerRange, SessionId } from '@shardline/core'
import { createStage } from '@shardline/engine'
import type { Head, Stage } from '@shardline/engine'
import type { PackedShard } from '@shardline/model'

/** What a sequence gives at one border: hidden states `[tokens, hidden]` behind a number of layers. */
export type Border = Float32Array

/** What the single process gives for one sequence. */
export interface Expected {
  /** f32 `[tokens, hidden]` that go into the first layer. */
  readonly input: Float32Array
  /** Behind `k` layers, for every border that a split has. */
  readonly borders: ReadonlyMap<number, Border>
  /** f32 `[tokens, vocabulary]`. */
  readonly logits: Float32Array
}

/** Cuts `layerCount` layers into `stages` ranges of nearly equal size. */
export function cutLayers(layerCount: number, stages: number): readonly LayerRange[] {
  const starts = Array.from({ length: stages + 1 }, (_, i) => Math.round((i * layerCount) / stages))
  return starts.slice(1).map((end, i) => ({ first: starts[i] ?? 0, count: end - (starts[i] ?? 0) }))
}

/** Runs each sequence alone, whole, in one prefill, through the first `k` layers as one stage, for each border `k`. */
export async function runWhole(
  model: { readonly shard: PackedShard; readonly head: Head; readonly threads: number },
  inputs: readonly Float32Array[],
  borders: readonly number[],
): Promise<readonly Expected[]> {
  const { shard, head, threads } = model
  const { layerCount, hiddenSize } = shard.config
  const found = inputs.map(() => new Map<number, Border>())
  for (const border of new Set([...borders, layerCount])) {
    await using stage = await createStage({ shard, layers: { first: 0, count: border }, threads })
    for (const [i, hidden] of inputs.entries()) {
      const session = sessionId(`whole ${i}`)
      const rows = hidden.length / hiddenSize
      stage.open(session, { capacity: rows })
      found[i]?.set(border, await stage.run({ segments: [{ session, position: 0, rows }], hidden }))
      stage.close(session)
    }
  }
  const expected: Expected[] = []
  for (const [i, input] of inputs.entries()) {
    const borderMap = found[i] ?? new Map<number, Border>()
    const last = borderMap.get(layerCount) ?? new Float32Array()
    const logits = Float32Array.from(await head.logits(last, last.length / hiddenSize))
    expected.push({ input, borders: borderMap, logits })
  }
  return expected
}

/** How a split run is cut. */
export interface SplitRunInit {
  readonly stages: readonly Stage[]
  readonly head: Head
  /** The sequences, what is expected of them, and how many rows of each go into one run while its prompt lasts. */
  readonly sequences: readonly {
    readonly expected: Expected
    readonly chunkRows: number
    readonly promptRows: number
  }[]
  /** Whether sequences come and go at random and share runs; else each is run alone. */
  readonly isMixed: boolean
  readonly seed: number
}

interface Running {
  readonly session: SessionId
  readonly expected: Expected
  readonly chunkRows: number
  readonly promptRows: number
  readonly length: number
  position: number
}

/** Runs sequences through a split and counts the numbers that differ in any bit, at every border and in the logits. */
export async function countDifferences(init: SplitRunInit): Promise<number> {
  const random = new SeededRandom(init.seed)
  const hiddenSize = init.head.hiddenSize
  const all = init.sequences.map((sequence, i): Running => {
    const length = sequence.expected.input.length / hiddenSize
    return { ...sequence, session: sessionId(`split ${i}`), length, position: 0 }
  })
  for (const { session, length } of all)
    for (const stage of init.stages) stage.open(session, { capacity: length })
  let differences = 0
  for (let turn = 0; all.some((one) => one.position < one.length); turn++) {
    const open = all.filter((one) => one.position < one.length)
    const active = init.isMixed ? open.filter(() => random.float() < 0.7) : open.slice(0, 1)
    if (active.length > 0) differences += await runOnce(init, active, hiddenSize)
  }
  for (const { session } of all) for (const stage of init.stages) stage.close(session)
  return differences
}

async function runOnce(init: SplitRunInit, active: readonly Running[], hiddenSize: number): Promise<number> {
  const segments = active.map(({ session, position, chunkRows, promptRows }) => {
    const rows = position < promptRows ? Math.min(chunkRows, promptRows - position) : 1
    return { session, position, rows }
  })
  const slices = (pick: (expected: Expected) => Float32Array | undefined, width: number): Float32Array =>
    concat(
      active.map(({ expected }, i) => {
        const { position = 0, rows = 0 } = segments[i] ?? {}
        return pick(expected)?.subarray(position * width, (position + rows) * width) ?? new Float32Array()
      }),
    )
  let hidden = slices((expected) => expected.input, hiddenSize)
  let differences = 0
  for (const stage of init.stages) {
    hidden = await stage.run({ segments, hidden })
    const border = stage.layers.first + stage.layers.count
    differences += differentBits(
      hidden,
      slices((expected) => expected.borders.get(border), hiddenSize),
    )
  }
  const logits = await init.head.logits(hidden, hidden.length / hiddenSize)
  differences += differentBits(
    logits,
    slices((expected) => expected.logits, init.head.vocabularySize),
  )
  for (const [i, one] of active.entries()) one.position += segments[i]?.rows ?? 0
  return differences
}

/** Numbers whose bits differ; a length that differs counts as one difference for each missing number. */
export function differentBits(a: Float32Array, b: Float32Array): number {
  const bytesOf = (x: Float32Array): Buffer => Buffer.from(x.buffer, x.byteOffset, x.byteLength)
  if (bytesOf(a).equals(bytesOf(b))) return 0
  let count = Math.abs(a.length - b.length)
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (!Object.is(a[i], b[i])) count++
  return Math.max(count, 1)
}

function concat(arrays: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0))
  let at = 0
  for (const array of arrays) {
    joined.set(array, at)
    at += array.length
  }
  return joined
}
