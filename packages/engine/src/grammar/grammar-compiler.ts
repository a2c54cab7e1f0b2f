import { createHash } from 'node:crypto'
import { CacheBudget } from './cache-budget.ts'
import { compileSchema } from './compile-schema.ts'
import { CompiledGrammar } from './compiled-grammar.ts'
import {
  GRAMMARS_KEPT_MAX,
  GRAMMAR_CACHE_BYTES_MAX,
  GRAMMAR_PLACES_MAX,
  GRAMMAR_SCHEMA_BYTES_MAX,
  GRAMMAR_SCHEMA_DEPTH_MAX,
  GRAMMAR_SIZE_MAX,
  GRAMMAR_TOKEN_WORK_MAX,
} from './grammar-limits.ts'
import type { GrammarSpec } from './grammar-spec.ts'
import { SchemaDocument } from './schema-document.ts'
import type { TokenTable } from './vocabulary.ts'
import { Vocabulary } from './vocabulary.ts'

/** Limits of a {@link GrammarCompiler} that a host may change. */
export interface GrammarLimits {
  /** @default GRAMMAR_SCHEMA_BYTES_MAX */
  readonly schemaBytesMax?: number
  /** @default GRAMMAR_SCHEMA_DEPTH_MAX */
  readonly schemaDepthMax?: number
  /** @default GRAMMAR_SIZE_MAX */
  readonly sizeMax?: number
  /** @default GRAMMAR_PLACES_MAX */
  readonly placesMax?: number
  /** @default GRAMMAR_TOKEN_WORK_MAX */
  readonly tokenWorkMax?: number
  /** @default GRAMMARS_KEPT_MAX */
  readonly grammarsMax?: number
  /** @default GRAMMAR_CACHE_BYTES_MAX */
  readonly cacheBytesMax?: number
}

/** The schema that any object matches. */
const OBJECT_SCHEMA = '{"type":"object"}'

/** Compiles grammars for one vocabulary and keeps those that were used last. */
export class GrammarCompiler {
  readonly #vocabulary: Vocabulary
  readonly #limits: GrammarLimits
  readonly #cache: CacheBudget
  /** By digest of the schema, the one used last at the end. */
  readonly #grammars = new Map<string, CompiledGrammar>()
  /** Bytes of their automata. */
  #bytes = 0

  /** @param table the model's vocabulary; laying it out takes a second for the largest ones. */
  constructor(table: TokenTable, limits: GrammarLimits = {}) {
    this.#vocabulary = new Vocabulary(table)
    this.#limits = limits
    this.#cache = new CacheBudget(limits.cacheBytesMax ?? GRAMMAR_CACHE_BYTES_MAX)
  }

  /**
   * The grammar of a spec, compiled or kept from before.
   *
   * @throws GrammarSchemaTooLargeError, GrammarSchemaInvalidError, GrammarKeywordUnsupportedError,
   * GrammarPatternUnsupportedError, GrammarReferenceError, GrammarUnsatisfiableError, GrammarTooComplexError.
   */
  compile(spec: GrammarSpec): CompiledGrammar {
    const schema = spec.type === 'json-object' ? OBJECT_SCHEMA : spec.schema
    const digest = createHash('sha256').update(schema).digest('hex')
    const known = this.#grammars.get(digest)
    if (known !== undefined) {
      this.#grammars.delete(digest)
      this.#grammars.set(digest, known)
      return known
    }
    const grammar = this.#compileNow(schema)
    this.#grammars.set(digest, grammar)
    this.#bytes += grammar.byteLength
    this.#dropOldest()
    return grammar
  }

  /** The newest stays, whatever it takes; sessions that use one that is dropped keep it to their end. */
  #dropOldest(): void {
    const kept = this.#limits.grammarsMax ?? GRAMMARS_KEPT_MAX
    const bytesMax = this.#limits.cacheBytesMax ?? GRAMMAR_CACHE_BYTES_MAX
    for (const [digest, grammar] of this.#grammars) {
      const isWithin = this.#grammars.size <= kept && this.#bytes <= bytesMax
      if (isWithin || this.#grammars.size === 1) break
      this.#grammars.delete(digest)
      this.#bytes -= grammar.byteLength
    }
  }

  #compileNow(schema: string): CompiledGrammar {
    const limits = this.#limits
    const document = new SchemaDocument(schema, {
      bytesMax: limits.schemaBytesMax ?? GRAMMAR_SCHEMA_BYTES_MAX,
      depthMax: limits.schemaDepthMax ?? GRAMMAR_SCHEMA_DEPTH_MAX,
    })
    const automaton = compileSchema(document, {
      sizeMax: limits.sizeMax ?? GRAMMAR_SIZE_MAX,
      tokenBytesMost: this.#vocabulary.tokenBytesMost,
    })
    const components = { vocabulary: this.#vocabulary, cache: this.#cache }
    return new CompiledGrammar(automaton, components, {
      placesMax: limits.placesMax ?? GRAMMAR_PLACES_MAX,
      tokenWorkMax: limits.tokenWorkMax ?? GRAMMAR_TOKEN_WORK_MAX,
    })
  }
}
