import { TokenizerInvalidError, TokenizerMissingError } from '../errors.ts'
import type { CheckpointFiles } from '../source/checkpoint-files.ts'
import type { Tokenizer } from '../tokenizer.ts'
import type { TokenizerOptions } from './checkpoint-tokenizer.ts'
import { CheckpointTokenizer } from './checkpoint-tokenizer.ts'
import { checkDefinition } from './tokenizer-definition.ts'
import { readTokenizerSettings, tokenIdOf } from './tokenizer-settings.ts'

/**
 * The tokenizer that a checkpoint's `tokenizer.json` defines; `tokenizer_config.json` says whether texts start with BOS.
 *
 * @throws TokenizerMissingError if there is no tokenizer.json; TokenizerInvalidError if it is malformed;
 * TokenizerUnsupportedError if it uses something that isn't known here.
 */
export async function tokenizerFromFiles(
  files: CheckpointFiles,
  options: TokenizerOptions = {},
): Promise<Tokenizer> {
  const text = await files.readText('tokenizer.json')
  if (text === undefined) throw new TokenizerMissingError(files.reference, 'tokenizer.json')
  const where = `tokenizer.json of ${files.reference}`
  const definition = checkDefinition(parseJson(text, where), where)
  const settings = readTokenizerSettings(await files.readText('tokenizer_config.json'), files.reference)
  const bosTokenId = settings.isBosAdded ? tokenIdOf(definition, settings.bosToken) : undefined
  return new CheckpointTokenizer({ ...options, where, definition, bosTokenId })
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TokenizerInvalidError(where, 'it is no JSON', cause)
  }
}
