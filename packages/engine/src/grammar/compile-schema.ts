import { AutomatonBuilder } from './automaton-builder.ts'
import type { Automaton, Rule } from './automaton.ts'
import { Budget } from './budget.ts'
import type { ExpandContext, OneOfChoice } from './expand-schema.ts'
import { expandSchemas, membersOf } from './expand-schema.ts'
import { GrammarKeywordUnsupportedError, GrammarUnsatisfiableError } from './grammar-errors.ts'
import { isToldApart } from './one-of.ts'
import type { SchemaDocument, SchemaNode } from './schema-document.ts'
import type { Shape } from './shape.ts'
import { mergeShape } from './shape.ts'
import { ValueWriter } from './value-writer.ts'

/** Options of {@link compileSchema}. */
export interface CompileInit {
  /** States, transitions and steps that may be spent. */
  readonly sizeMax: number
  /** Bytes of the longest token that documents will be read by. */
  readonly tokenBytesMost: number
}

/**
 * Makes the automaton of the documents that are written for a schema. All of them match the schema; documents that the
 * schema allows beyond that (other orders of properties, other spaces) are left out.
 *
 * @throws GrammarKeywordUnsupportedError, GrammarSchemaInvalidError, GrammarPatternUnsupportedError,
 * GrammarReferenceError, GrammarUnsatisfiableError, GrammarTooComplexError.
 */
export function compileSchema(document: SchemaDocument, init: CompileInit): Automaton {
  const automaton = new SchemaCompiler(document, init).compile()
  if (automaton === undefined) throw new GrammarUnsatisfiableError()
  return automaton
}

/** A rule that is named but not written yet. */
interface Planned {
  readonly rule: Rule
  readonly sources: readonly SchemaNode[]
}

/** Each set of schemas that a value has to match at once becomes a rule once, so that recursion ends. */
class SchemaCompiler {
  readonly #document: SchemaDocument
  readonly #builder: AutomatonBuilder
  readonly #values: ValueWriter
  readonly #context: ExpandContext
  readonly #rules = new Map<string, Rule>()
  readonly #planned: Planned[] = []
  /** By schema with `oneOf`: the shapes of each alternative. */
  readonly #oneOfs = new Map<SchemaNode, readonly (readonly Shape[])[]>()

  constructor(document: SchemaDocument, init: CompileInit) {
    const budget = new Budget(init.sizeMax)
    this.#document = document
    this.#builder = new AutomatonBuilder(budget)
    this.#context = { document, budget }
    this.#values = new ValueWriter(this.#builder, {
      tokenBytesMost: init.tokenBytesMost,
      ruleOf: (sources) => this.#ruleOf(sources),
    })
  }

  compile(): Automaton | undefined {
    const root = this.#ruleOf([this.#document.root])
    for (let next = this.#planned.pop(); next !== undefined; next = this.#planned.pop()) this.#write(next)
    return this.#builder.finish(root)
  }

  #ruleOf(sources: readonly SchemaNode[]): Rule {
    const unique = [...new Set(sources)].filter(({ value }) => value !== true)
    this.#context.budget.spend(unique.length + 1)
    const key = unique
      .map(({ id }) => id)
      .toSorted((a, b) => a - b)
      .join(' ')
    const known = this.#rules.get(key)
    if (known !== undefined) return known
    const rule = this.#builder.addRule()
    this.#rules.set(key, rule)
    this.#planned.push({ rule, sources: unique })
    return rule
  }

  #write({ rule, sources }: Planned): void {
    for (const { nodes, choices } of expandSchemas(sources, this.#context)) {
      const shape = mergeShape(nodes, this.#context)
      for (const choice of choices) this.#checkOneOf(shape, choice)
      this.#values.write(rule.entry, rule.exit, shape)
    }
  }

  /**
   * `oneOf` wants no second alternative to match. What is written here is written for one of them, together with all that
   * stands beside it, and must not be able to match another.
   */
  #checkOneOf(written: Shape, { node, index }: OneOfChoice): void {
    for (const [otherIndex, others] of this.#optionsOf(node).entries()) {
      if (index === otherIndex) continue
      this.#context.budget.spend(others.length + 1)
      if (others.every((other) => isToldApart(written, other))) continue
      throw new GrammarKeywordUnsupportedError(
        'oneOf',
        node.pointer(),
        `alternatives ${index + 1} and ${otherIndex + 1} may match the same value; tell them apart by type, by a required property with different const or enum, or use anyOf`,
      )
    }
  }

  #optionsOf(node: SchemaNode): readonly (readonly Shape[])[] {
    const known = this.#oneOfs.get(node)
    if (known !== undefined) return known
    const options = membersOf(node, 'oneOf', this.#document).map((option) =>
      expandSchemas([option], this.#context).map(({ nodes }) => mergeShape(nodes, this.#context)),
    )
    this.#oneOfs.set(node, options)
    return options
  }
}
