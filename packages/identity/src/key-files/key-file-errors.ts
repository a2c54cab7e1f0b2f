import { ShardlineError } from '@shardline/core'

/** Bytes that are no key file. */
export class KeyFileMalformedError extends ShardlineError {
  override readonly name = 'KeyFileMalformedError'
  readonly code = 'IDENTITY_KEY_FILE_MALFORMED'

  constructor(why: string, cause?: unknown) {
    super(`not a key file: ${why}`, { cause })
  }
}

/** A key file was written by a release that this one can't read. */
export class KeyFileVersionError extends ShardlineError {
  override readonly name = 'KeyFileVersionError'
  readonly code = 'IDENTITY_KEY_FILE_VERSION'

  constructor(given: string, known: number) {
    super(`the key file is of version ${given}; this release reads version ${known}`, {
      details: { given, known },
    })
  }
}

/** A key file needs a passphrase, and none was given. */
export class PassphraseMissingError extends ShardlineError {
  override readonly name = 'PassphraseMissingError'
  readonly code = 'IDENTITY_PASSPHRASE_MISSING'

  constructor() {
    super('the key is protected by a passphrase, and none was given')
  }
}

/** A passphrase doesn't open a key file. */
export class PassphraseWrongError extends ShardlineError {
  override readonly name = 'PassphraseWrongError'
  readonly code = 'IDENTITY_PASSPHRASE_WRONG'

  constructor(cause?: unknown) {
    super('the passphrase is wrong, or the key file was changed', { cause })
  }
}

/** A key's name is not one that a file can have everywhere. */
export class KeyNameError extends ShardlineError {
  override readonly name = 'KeyNameError'
  readonly code = 'IDENTITY_KEY_NAME'

  constructor(given: string, charactersMax: number) {
    super(
      `"${given}" can't name a key; allowed are 1 to ${charactersMax} of a-z, 0-9, - and _, a letter or digit first`,
      { details: { given } },
    )
  }
}

/** A key of that name is there already; keys are never overwritten. */
export class KeyExistsError extends ShardlineError {
  override readonly name = 'KeyExistsError'
  readonly code = 'IDENTITY_KEY_EXISTS'

  constructor(keyName: string, folder: string) {
    super(`there is a key "${keyName}" in ${folder} already, and keys are never overwritten`, {
      details: { keyName, folder },
    })
  }
}

/** There is no key of that name. */
export class KeyUnknownError extends ShardlineError {
  override readonly name = 'KeyUnknownError'
  readonly code = 'IDENTITY_KEY_UNKNOWN'

  constructor(keyName: string, folder: string) {
    super(`there is no key "${keyName}" in ${folder}`, { details: { keyName, folder } })
  }
}

/** Others than the owner could get at a key. */
export class KeyPermissionsError extends ShardlineError {
  override readonly name = 'KeyPermissionsError'
  readonly code = 'IDENTITY_KEY_PERMISSIONS'

  constructor(path: string, given: number, allowed: number) {
    const octal = (mode: number): string => mode.toString(8).padStart(3, '0')
    super(
      `others can get at ${path}: its permissions are ${octal(given)}, at most ${octal(allowed)} are allowed`,
      {
        details: { path, given: octal(given), allowed: octal(allowed) },
      },
    )
  }
}
