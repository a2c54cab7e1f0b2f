import { ShardlineError } from '@shardline/core'

/** A schema is longer or deeper than it may be. */
export class GrammarSchemaTooLargeError extends ShardlineError {
  override readonly name = 'GrammarSchemaTooLargeError'
  readonly code = 'ENGINE_GRAMMAR_SCHEMA_TOO_LARGE'

  constructor(given: string, allowed: string) {
    super(`the JSON schema ${given}; ${allowed}`, { details: { given, allowed } })
  }
}

/** A schema is no JSON, or a keyword's value is not what JSON Schema wants there. */
export class GrammarSchemaInvalidError extends ShardlineError {
  override readonly name = 'GrammarSchemaInvalidError'
  readonly code = 'ENGINE_GRAMMAR_SCHEMA_INVALID'

  constructor(pointer: string, problem: string, cause?: unknown) {
    super(`the JSON schema is wrong at ${show(pointer)}: ${problem}`, { cause, details: { pointer } })
  }
}

/** A schema uses a keyword, or a keyword in a way, that can't be kept while sampling. */
export class GrammarKeywordUnsupportedError extends ShardlineError {
  override readonly name = 'GrammarKeywordUnsupportedError'
  readonly code = 'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED'
  readonly keyword: string

  constructor(keyword: string, pointer: string, reason: string) {
    super(`the JSON schema's ${clip(keyword)} at ${show(pointer)} is not supported: ${reason}`, {
      details: { keyword: clip(keyword), pointer },
    })
    this.keyword = keyword
  }
}

/** A regular expression in a schema uses something that isn't known, or is none. */
export class GrammarPatternUnsupportedError extends ShardlineError {
  override readonly name = 'GrammarPatternUnsupportedError'
  readonly code = 'ENGINE_GRAMMAR_PATTERN_UNSUPPORTED'

  constructor(pattern: string, at: number, problem: string) {
    super(`the pattern ${clip(JSON.stringify(pattern))} can't be used: ${problem} (character ${at + 1})`, {
      details: { at },
    })
  }
}

/** A `$ref` leads nowhere, out of the schema, or only back to itself. */
export class GrammarReferenceError extends ShardlineError {
  override readonly name = 'GrammarReferenceError'
  readonly code = 'ENGINE_GRAMMAR_REFERENCE'

  constructor(reference: string, pointer: string, problem: string) {
    super(`the $ref ${clip(JSON.stringify(reference))} at ${show(pointer)} ${problem}`, {
      details: { pointer },
    })
  }
}

/** No finite document matches a schema. */
export class GrammarUnsatisfiableError extends ShardlineError {
  override readonly name = 'GrammarUnsatisfiableError'
  readonly code = 'ENGINE_GRAMMAR_UNSATISFIABLE'

  constructor() {
    super('no document that ends can match the JSON schema; look for rules that contradict each other')
  }
}

/** A schema needs more room or time than it may take. */
export class GrammarTooComplexError extends ShardlineError {
  override readonly name = 'GrammarTooComplexError'
  readonly code = 'ENGINE_GRAMMAR_TOO_COMPLEX'

  constructor(what: string, allowed: number) {
    super(`the JSON schema is too complex: it needs more than ${allowed} ${what}`, {
      details: { what, allowed },
    })
  }
}

/** The vocabulary can't write what a grammar asks for, so that no token is left to choose. */
export class GrammarStuckError extends ShardlineError {
  override readonly name = 'GrammarStuckError'
  readonly code = 'ENGINE_GRAMMAR_STUCK'

  constructor() {
    super(
      "no token is left that continues the document: the model's vocabulary can't write it, or the bias bans it",
    )
  }
}

const SHOWN_CHARS_MAX = 200

function clip(text: string): string {
  return text.length <= SHOWN_CHARS_MAX ? text : `${text.slice(0, SHOWN_CHARS_MAX)}...`
}

function show(pointer: string): string {
  return pointer === '' ? 'its root' : clip(pointer)
}
