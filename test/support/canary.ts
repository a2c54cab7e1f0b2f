import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { encode } from '@msgpack/msgpack'
import { openCheckpoint, openEmbeddingTable } from '@shardline/model'
import { encodeFrame } from '@shardline/wire'
import { idNeedles, rowNeedles, textNeedles, wordNeedles } from './canary-search.ts'
import type { Needle } from './canary-search.ts'
import { shardline } from './shardline-command.ts'
import { sharedCacheFolder, storyteller } from './test-models.ts'

/** Numbers of one hidden state of the bundled model. */
const HIDDEN_SIZE = 256

/**
 * A prompt of words that no program says by itself, so long that their base64 doesn't turn up by chance. Without a full
 * stop the bundled model tells a story about it, where it would say that it can't.
 */
export const CANARY_PROMPT =
  'Zwitscherling quokkaherds juggernaut marzipanlike xylophones vermilion umbrellas: Zwitscherling'

/** A prompt that nobody but driver and user may have in clear, and what a model makes of it. */
export interface Canary {
  readonly prompt: string
  readonly answer: string
  readonly promptIds: readonly number[]
  readonly answerIds: readonly number[]
  /** Embedding rows of all tokens, as they enter the first stage: f32, little-endian. */
  readonly rows: Float32Array
  /** Those of the prompt as the checkpoint has them: f16. */
  readonly storedRows: readonly Uint8Array[]
}

interface Generated {
  readonly text: string
  readonly prompt_token_ids: readonly number[]
  readonly token_ids: readonly number[]
}

/** What the bundled model makes of a prompt in one process, with nobody else. */
export async function answerAlone(prompt: string, sampling: readonly string[]): Promise<Canary> {
  const line = ['generate', '--workers', '0', '--json', '--model', storyteller, ...sampling, '-p', prompt]
  await using alone = shardline(line)
  const {
    text: answer,
    prompt_token_ids: promptIds,
    token_ids: answerIds,
  } = JSON.parse(await alone.output) as Generated
  const [rows, storedRows] = await Promise.all([
    rowsOf([...promptIds, ...answerIds]),
    storedRowsOf(promptIds),
  ])
  return { prompt, answer, promptIds, answerIds, rows, storedRows }
}

async function rowsOf(ids: readonly number[]): Promise<Float32Array> {
  await using checkpoint = await openCheckpoint(storyteller, { cacheFolder: sharedCacheFolder() })
  await using embeddings = await openEmbeddingTable(checkpoint)
  return Float32Array.from(await embeddings.rows(ids))
}

async function storedRowsOf(ids: readonly number[]): Promise<readonly Uint8Array[]> {
  const file = await readFile(path.join(storyteller, 'model.safetensors'))
  const headerBytes = Number(file.readBigUInt64LE())
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes)) as Readonly<
    Record<string, { readonly data_offsets: readonly [number, number] }>
  >
  const start = 8 + headerBytes + (header['model.embed_tokens.weight']?.data_offsets[0] ?? Number.NaN)
  const rowBytes = 2 * HIDDEN_SIZE
  return ids.map((id) => file.subarray(start + id * rowBytes, start + (id + 1) * rowBytes))
}

/** All that would give a canary or its answer away. */
export function needlesOf({ prompt, answer, promptIds, answerIds, ...canary }: Canary): readonly Needle[] {
  const rows = new Map<number, Uint8Array>()
  for (const [at, id] of [...promptIds, ...answerIds].entries()) {
    const row = canary.rows.subarray(at * HIDDEN_SIZE, (at + 1) * HIDDEN_SIZE)
    rows.set(id, new Uint8Array(row.buffer, row.byteOffset, row.byteLength))
  }
  return [
    ...wordNeedles(prompt),
    ...textNeedles('the prompt', prompt),
    ...textNeedles('the answer', answer),
    ...idNeedles("the prompt's ids", promptIds),
    ...idNeedles("the answer's ids", answerIds),
    ...canary.storedRows.flatMap((row, at) => rowNeedles(`stored row ${at}`, row)),
    ...[...rows].flatMap(([id, row]) => rowNeedles(`the row of token ${id}`, row)),
  ]
}

/** A canary and its answer as they would travel with no seal, in every form. */
export function plainDump(canary: Canary): Buffer {
  const { prompt, answer, promptIds, answerIds, rows, storedRows } = canary
  const forms = [prompt, prompt.toLowerCase(), prompt.toUpperCase()].map((form) => Buffer.from(form))
  const moved = forms.flatMap((form) =>
    [0, 1, 2].map((offset) => Buffer.concat([Buffer.alloc(offset), form]).toString('base64')),
  )
  const count = promptIds.length + answerIds.length
  const segments = [{ session: 's1', turn: 0, position: 0, rows: count, use: 'sample' }] as const
  const frame = encodeFrame({
    kind: 'hidden',
    pipeline: 'p',
    epoch: 1,
    hiddenSize: HIDDEN_SIZE,
    open: [],
    segments,
    close: [],
    trace: [],
    payload: rows,
  })
  return Buffer.concat([
    ...forms.flatMap((form) => [
      form,
      Buffer.from(form.toString('hex')),
      Buffer.from(form.toString(), 'utf16le'),
    ]),
    Buffer.from([...moved, answer, JSON.stringify({ promptIds, answerIds })].join('\n')),
    ...[promptIds, answerIds].flatMap((run) => [
      encode(run),
      Buffer.from(Int16Array.from(run).buffer),
      Buffer.from(Int32Array.from(run).buffer),
      Buffer.from(BigInt64Array.from(run, BigInt).buffer),
    ]),
    ...storedRows,
    frame,
  ])
}
