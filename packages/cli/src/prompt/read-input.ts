import { fromUnknown } from '@shardline/core'
import type { Terminal } from '../console/terminal.ts'
import { IdsInvalidError, InputMissingError } from '../errors.ts'
import type { InputFlags } from '../options/input-options.ts'
import { readText } from './read-text.ts'

/** What a pipeline is given: a text, or token ids. */
export type PromptInput =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'ids'; readonly ids: readonly number[] }

/** Names under which a JSON object may hold its ids. */
const IDS_KEYS = ['ids', 'token_ids', 'prompt_token_ids'] as const

/**
 * Reads what the user gave: `--prompt`, `--file`, `--ids`, or what is piped in.
 *
 * @throws InputMissingError, InputUnreadableError, IdsInvalidError.
 */
export async function readInput(flags: Partial<InputFlags>, terminal: Terminal): Promise<PromptInput> {
  if (flags.ids !== undefined)
    return { kind: 'ids', ids: parseIds(await readText(flags.ids, terminal), flags.ids) }
  if (flags.prompt !== undefined) return { kind: 'text', text: checkNotEmpty(flags.prompt, 'the prompt') }
  if (flags.file !== undefined) {
    return { kind: 'text', text: checkNotEmpty(await readText(flags.file, terminal), flags.file) }
  }
  if (terminal.stdin.isTTY)
    throw new InputMissingError('there is no text: none was given and none is piped in')
  return { kind: 'text', text: checkNotEmpty(await readText('-', terminal), 'standard input') }
}

/**
 * Reads token ids from the text of a JSON file.
 *
 * @throws IdsInvalidError if it holds something else.
 */
export function parseIds(text: string, label: string): readonly number[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new IdsInvalidError(label, `it is not JSON (${fromUnknown(cause).message})`)
  }
  const list = pickList(value)
  if (list === undefined) throw new IdsInvalidError(label, 'it has no list of ids')
  if (list.length === 0) throw new IdsInvalidError(label, 'its list is empty')
  return list.map((id, index) => {
    if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) return id
    throw new IdsInvalidError(label, `entry ${index} is ${JSON.stringify(id)}`)
  })
}

function pickList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  if (typeof value !== 'object' || value === null) return undefined
  for (const key of IDS_KEYS) {
    const list: unknown = Object.getOwnPropertyDescriptor(value, key)?.value
    if (Array.isArray(list)) return list
  }
  return undefined
}

function checkNotEmpty(text: string, label: string): string {
  if (text === '') throw new InputMissingError(`${label} is empty`)
  return text
}
