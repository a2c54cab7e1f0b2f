import { ShardlineError } from '@shardline/core'

/** The command line as written can't be carried out; nothing was started. Exit code 2. */
export class UsageError extends ShardlineError {
  override readonly name = 'UsageError'
  readonly code = 'CLI_USAGE'
}

/** An option's value is not one that it takes; the message says what was given and what is allowed. Exit code 2. */
export class OptionInvalidError extends ShardlineError {
  override readonly name = 'OptionInvalidError'
  readonly code = 'CLI_OPTION_INVALID'
}

/** An environment variable holds a value that Shardline can't use. Exit code 2. */
export class ConfigInvalidError extends ShardlineError {
  override readonly name = 'ConfigInvalidError'
  readonly code = 'CLI_CONFIG_INVALID'

  constructor(variable: string, given: string, allowed: string) {
    super(`the environment variable ${variable} is "${given}"; allowed is ${allowed}`, {
      details: { variable },
    })
  }
}

/** A command needs a model, none was named, and the bundled one isn't there. Exit code 2. */
export class ModelNotGivenError extends ShardlineError {
  override readonly name = 'ModelNotGivenError'
  readonly code = 'CLI_MODEL_NOT_GIVEN'

  constructor(bundled: string) {
    super(`no model was given and the bundled one is not at ${bundled}`)
  }
}

/** A command needs a text or token ids and got none. Exit code 2. */
export class InputMissingError extends ShardlineError {
  override readonly name = 'InputMissingError'
  readonly code = 'CLI_INPUT_MISSING'
}

/** A file named on the command line can't be read. */
export class InputUnreadableError extends ShardlineError {
  override readonly name = 'InputUnreadableError'
  readonly code = 'CLI_INPUT_UNREADABLE'

  constructor(path: string, reason: string, cause?: unknown) {
    super(`can't read ${path}: ${reason}`, { cause })
  }
}

/** A file with token ids holds something else. */
export class IdsInvalidError extends ShardlineError {
  override readonly name = 'IdsInvalidError'
  readonly code = 'CLI_IDS_INVALID'

  constructor(path: string, reason: string) {
    super(
      `${path} holds no token ids: ${reason}; allowed is a JSON array of whole numbers, or an object with one as "ids"`,
    )
  }
}

/** The model has no chat template, so there is no way to write a chat for it. */
export class ChatTemplateMissingError extends ShardlineError {
  override readonly name = 'ChatTemplateMissingError'
  readonly code = 'CLI_CHAT_TEMPLATE_MISSING'

  constructor(model: string) {
    super(`${model} has no chat template`)
  }
}

/** A role process ended before it was told to. */
export class RoleEndedError extends ShardlineError {
  override readonly name = 'RoleEndedError'
  readonly code = 'CLI_ROLE_ENDED'

  constructor(role: string, how: string) {
    super(`the process of ${role} ended unexpectedly: ${how}`, { details: { role } })
  }
}

/** A role process didn't report that it is ready in time. */
export class RoleStartTimeoutError extends ShardlineError {
  override readonly name = 'RoleStartTimeoutError'
  readonly code = 'CLI_ROLE_START_TIMEOUT'

  constructor(role: string, waitMs: number) {
    super(`the process of ${role} was not ready after ${waitMs} ms`, { details: { role, waitMs } })
  }
}

/** The user stopped the command (^C), or a signal ended it. Exit code 128 + the signal's number. */
export class InterruptedError extends ShardlineError {
  override readonly name = 'InterruptedError'
  readonly code = 'CLI_INTERRUPTED'
  /** 130 after ^C. */
  readonly exitCode: number

  constructor(signal: string, exitCode: number) {
    super(`stopped by ${signal}`, { details: { signal } })
    this.exitCode = exitCode
  }
}

/** `shardline doctor` found something that doesn't work on this machine. */
export class DoctorFailedError extends ShardlineError {
  override readonly name = 'DoctorFailedError'
  readonly code = 'CLI_DOCTOR_FAILED'

  constructor(what: readonly string[]) {
    super(`not everything works on this machine: ${what.join(', ')}`, { details: { what } })
  }
}

/** There is no ledger where a command that only reads looks for one. */
export class LedgerNotFoundError extends ShardlineError {
  override readonly name = 'LedgerNotFoundError'
  readonly code = 'CLI_LEDGER_NOT_FOUND'

  constructor(folder: string) {
    super(`there is no database in the folder ${folder}`, { details: { folder } })
  }
}

/** `shardline ledger verify` found something that is not as it was written. */
export class LedgerFaultyError extends ShardlineError {
  override readonly name = 'LedgerFaultyError'
  readonly code = 'CLI_LEDGER_FAULTY'
}

/** An account or a transfer that was asked for is not in the ledger. */
export class LedgerItemUnknownError extends ShardlineError {
  override readonly name = 'LedgerItemUnknownError'
  readonly code = 'CLI_LEDGER_ITEM_UNKNOWN'

  constructor(what: 'accounts' | 'transfers', ids: readonly string[]) {
    super(`the ledger has no ${what} ${ids.join(', ')}`, { details: { ids } })
  }
}

/** A file that a command writes can't be written, or is there already. */
export class OutputUnwritableError extends ShardlineError {
  override readonly name = 'OutputUnwritableError'
  readonly code = 'CLI_OUTPUT_UNWRITABLE'

  constructor(path: string, reason: string, cause?: unknown) {
    super(`can't write ${path}: ${reason}`, { cause })
  }
}

/** A model was named that isn't on the market. */
export class MarketModelUnknownError extends ShardlineError {
  override readonly name = 'MarketModelUnknownError'
  readonly code = 'CLI_MARKET_MODEL_UNKNOWN'

  constructor(model: string, address: string) {
    super(`the market at ${address} has no model ${model}`, { details: { model, address } })
  }
}

/** A file with a market's settings can't be read as such. Exit code 2. */
export class SettingsFileError extends ShardlineError {
  override readonly name = 'SettingsFileError'
  readonly code = 'CLI_SETTINGS_FILE'

  constructor(path: string, reason: string, cause?: unknown) {
    super(`can't use the settings in ${path}: ${reason}`, { details: { path }, cause })
  }
}

/** A new passphrase can't be taken: the two that were typed differ, it is empty, or nobody can be asked. Exit code 2. */
export class PassphraseMismatchError extends ShardlineError {
  override readonly name = 'PassphraseMismatchError'
  readonly code = 'CLI_PASSPHRASE'

  constructor(reason: string) {
    super(`no passphrase was set: ${reason}`)
  }
}

/** What nodes there are for a model. */
export interface NodesFound {
  readonly workers: number
  readonly workersWanted: number
  /** Beside those that would be workers. */
  readonly validators: number
  /** Validators that would be workers, by their key. */
  readonly validatorsDoubled: number
  /** Bytes of layers that the workers of one numeric class hold. */
  readonly heldBytes: number
  readonly bytesNeeded: number
}

/** A market lists no workers that hold the model together, or no validator beside them. */
export class NodesMissingError extends ShardlineError {
  override readonly name = 'NodesMissingError'
  readonly code = 'CLI_NODES_MISSING'
  override readonly retryable = true

  /** What there has to be more of, for people. */
  readonly missing: string

  constructor(found: NodesFound) {
    const missing = describeMissing(found)
    const { workers, validators, heldBytes, bytesNeeded } = found
    super(
      `there are not enough nodes; missing: ${missing}. There are ${workers} workers, and ${validators} validators beside those that would be workers; the workers of one numeric class hold ${heldBytes} of the ${bytesNeeded} bytes that the model's layers need`,
      { details: { ...found } },
    )
    this.missing = missing
  }
}

function describeMissing(found: NodesFound): string {
  const { workers, workersWanted, validators, validatorsDoubled, heldBytes, bytesNeeded } = found
  const parts: string[] = []
  if (workers < workersWanted) {
    const count = workersWanted - workers
    parts.push(count === 1 ? 'a worker' : `${count} workers`)
  } else if (heldBytes < bytesNeeded) {
    parts.push(`a worker with ${Math.ceil((bytesNeeded - heldBytes) / 2 ** 20)} MiB for layers`)
  }
  if (validators === 0) {
    parts.push(validatorsDoubled > 0 ? 'a validator with another key than the workers' : 'a validator')
  }
  return parts.length === 0 ? 'a worker of the same numeric class' : parts.join(' and ')
}
