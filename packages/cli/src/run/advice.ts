/**
 * What a user can do about a failure, by its code; one line each, in the imperative.
 * Codes that aren't listed get {@link ADVICE_DEFAULT}: what to do about them stands in docs/reference/errors.md.
 */
export const ADVICE: Readonly<Record<string, string>> = Object.freeze({
  CLI_USAGE: 'see the command with --help',
  CLI_OPTION_INVALID: 'give a value that is allowed; see the command with --help',
  CLI_CONFIG_INVALID: 'correct or unset the variable; see docs/reference/cli.md',
  CLI_MODEL_NOT_GIVEN: 'name one with --model: a folder, a .gguf file, an address or a hub id',
  CLI_INPUT_MISSING: 'give --prompt TEXT, --file PATH or --ids PATH, or pipe a text in',
  CLI_INPUT_UNREADABLE: 'check the path and its permissions',
  CLI_IDS_INVALID: 'write the ids as [1, 2, 3] or {"ids": [1, 2, 3]}',
  CLI_CHAT_TEMPLATE_MISSING: 'use `shardline generate --raw`, which needs none',
  CLI_DOCTOR_FAILED: 'see the problems above; their codes stand in docs/reference/errors.md',
  CLI_ROLE_ENDED: 'read the lines above; run again with SHARDLINE_LOG=debug for more',
  CLI_ROLE_START_TIMEOUT: 'the machine may be overloaded: try again with fewer workers',
  CLI_LEDGER_NOT_FOUND: 'name the database with --database or SHARDLINE_DATABASE',
  CLI_LEDGER_FAULTY: 'keep this copy as evidence, and compare it with another; see docs/concepts/ledger.md',
  CLI_LEDGER_ITEM_UNKNOWN: 'check the ids, and that --database names the right ledger',
  CLI_OUTPUT_UNWRITABLE: 'name another file, or go on with that one by --resume',
  LEDGER_MISSING: 'name the database with --database or SHARDLINE_DATABASE',
  LEDGER_DATABASE_IN_USE: 'stop that process, or work on a copy of the folder',
  LEDGER_DATABASE_UNAVAILABLE: 'check the address, and that the server runs and lets you in',
  LEDGER_INPUT_INVALID: 'give what the message allows',
  LEDGER_EXPORT_MALFORMED: 'give a file that `shardline ledger export` wrote, from its first line on',
  LEDGER_NOTE_SIGNATURE: 'check whose key you gave; if it is right, the checkpoint is forged',
  LEDGER_NOTE_MALFORMED: 'give the checkpoint as it was handed out, with its signatures',
  MODEL_REFERENCE_UNKNOWN: 'check the spelling; `shardline models list` shows what is here',
  MODEL_REFERENCE_AMBIGUOUS: 'name one of the files after a colon',
  MODEL_TOKENIZER_MISSING: 'this model has no tokenizer: give token ids with --ids PATH',
  MODEL_SOURCE_UNREACHABLE: 'check the network and HF_ENDPOINT; models that were pulled before work without',
  MODEL_SOURCE_REFUSED: 'check the name; a model that is not open to everyone needs a token in HF_TOKEN',
  MODEL_SOURCE_OFFLINE: 'unset HF_HUB_OFFLINE once and run `shardline models pull`',
  MODEL_CHECKSUM_MISMATCH: 'run `shardline models cache --clear`, then fetch the model again',
  MODEL_ARCHITECTURE_UNSUPPORTED: 'choose a model of a family that the message lists',
  MODEL_TENSOR_TYPE_UNSUPPORTED: 'choose a file with one of the formats that the message lists',
  MODEL_CACHE_FAILED: 'check the folder and its free space, or set SHARDLINE_CACHE to another one',
  MODEL_TOKEN_ID_OUT_OF_RANGE: '`shardline models inspect` shows the size of the vocabulary',
  NODE_MODEL_MISMATCH: 'start that node again with the same model as the driver',
  NODE_PRECISION_MISMATCH: 'start that node again with the same --precision as the driver, or without',
  WORKER_LAYERS_NOT_HELD: 'leave --layers away from the driver, or start that worker with these layers',
  WORKER_LAYERS_OUTSIDE_MODEL: '`shardline models inspect` shows how many layers the model has',
  ENGINE_SAMPLING_OPTION_INVALID: 'give a value that is allowed; see the command with --help',
  ENGINE_CONTEXT_TOO_LONG: 'lower --context; `shardline models inspect` shows what the model allows',
  ENGINE_OPTION: 'give a value that is allowed; see the command with --help',
  DRIVER_SETTING_INVALID: 'give a value that is allowed; `shardline models inspect` shows the model',
  DRIVER_REQUEST_INVALID: 'give what the message allows',
  WIRE_ADDRESS_UNUSABLE: 'choose another port, or 0 for a free one; end the program that holds this one',
  WIRE_DIAL_FAILED: 'check the address, and that the node is running and reachable',
  DRIVER_PROMPT_TOO_LONG: 'shorten the prompt, or raise --context where the model allows it',
  DRIVER_PLAN_LAYERS_MISSING:
    'start a worker with these layers, or one without --layers, and name it in --workers',
  DRIVER_PLAN_LAYERS_DOUBLED: 'start the workers with ranges that follow each other, such as 0-3 and 4-7',
  DRIVER_PLAN_LAYERS_OUT_OF_RANGE: '`shardline models inspect` shows how many layers the model has',
  DRIVER_PLAN_RANGES_CONFLICT: 'give one range for each worker, the same that the worker was started with',
  DRIVER_PLAN_WORKERS_TOO_MANY: 'use fewer workers',
  DRIVER_WORKERS_MISSING: 'name at least one worker with --workers',
  DRIVER_MODEL_TOO_LARGE: 'add a worker, use --precision int4, or shorten --context',
  DRIVER_STAGE_UNREACHABLE: 'check the address, and that the node is running and reachable',
  DRIVER_STAGE_UNSUITABLE: 'start that node again with the same model and precision as the driver',
  DRIVER_STAGE_LOST: 'look at that node, start it again if it ended, then try again',
  ENGINE_RUNTIME_UNAVAILABLE: 'run `shardline doctor`; install again with npm if the runtime is missing',
  ENGINE_KV_CACHE_FULL: 'shorten --context, or close other sessions',
  CORE_UNEXPECTED: 'run again with SHARDLINE_LOG=debug; if it stays, report it with that output',
  CORE_ASSERTION_FAILED: 'this is a bug in Shardline: please report it with this output',
})

/** Advice for every other code. */
export const ADVICE_DEFAULT = 'look the code up in docs/reference/errors.md'

/** What to do about a failure with `code`; undefined if nothing better is known than {@link ADVICE_DEFAULT}. */
export function adviceFor(code: string): string | undefined {
  return ADVICE[code]
}
