import type { Budget } from './budget.ts'
import { GrammarReferenceError, GrammarTooComplexError } from './grammar-errors.ts'
import { GRAMMAR_ALTERNATIVES_MAX } from './grammar-limits.ts'
import type { SchemaDocument, SchemaNode } from './schema-document.ts'
import { keywordOf } from './schema-document.ts'
import { checkKeywords } from './schema-keywords.ts'

/** What {@link expandSchemas} works with. */
export interface ExpandContext {
  readonly document: SchemaDocument
  readonly budget: Budget
}

/** Which alternative of a schema's `oneOf` was taken. */
export interface OneOfChoice {
  readonly node: SchemaNode
  readonly index: number
}

/** Schemas whose own keywords all hold, and the choices that led to them. */
export interface Expansion {
  readonly nodes: readonly SchemaNode[]
  readonly choices: readonly OneOfChoice[]
}

/** A schema on its way, and those that led to it without a value between. */
interface Pending {
  readonly node: SchemaNode
  readonly via: Pending | undefined
}

/** One combination of alternatives while it is put together. */
interface Branch {
  readonly pending: Pending[]
  readonly seen: Set<SchemaNode>
  readonly collected: SchemaNode[]
  readonly choices: readonly OneOfChoice[]
}

/**
 * Writes "all of these schemas" as alternatives of schemas whose own keywords all hold: references, `allOf`, `anyOf` and
 * `oneOf` are followed until none is left. No alternative means that nothing is allowed.
 *
 * @throws GrammarKeywordUnsupportedError, GrammarSchemaInvalidError, GrammarReferenceError, GrammarTooComplexError.
 */
export function expandSchemas(sources: readonly SchemaNode[], context: ExpandContext): readonly Expansion[] {
  const done: Expansion[] = []
  const pending = sources.map((node): Pending => ({ node, via: undefined })).toReversed()
  const branches: Branch[] = [{ pending, seen: new Set(), collected: [], choices: [] }]
  for (let branch = branches.pop(); branch !== undefined; branch = branches.pop()) {
    const next = branch.pending.pop()
    if (next === undefined) {
      done.push({ nodes: branch.collected, choices: branch.choices })
    } else {
      branches.push(...follow(branch, next, context).toReversed())
    }
    if (done.length + branches.length > GRAMMAR_ALTERNATIVES_MAX)
      throw new GrammarTooComplexError('combinations of alternatives in one place', GRAMMAR_ALTERNATIVES_MAX)
  }
  return done
}

/** The branches that become of one when `next` is added to it. */
function follow(branch: Branch, next: Pending, context: ExpandContext): readonly Branch[] {
  const { node } = next
  context.budget.spend()
  if (node.value === false) return []
  if (node.value === true || branch.seen.has(node)) {
    checkNoLoop(next)
    return [branch]
  }
  checkKeywords(node, node.value)
  branch.seen.add(node)
  branch.collected.push(node)
  const { document } = context
  const add = (...nodes: readonly SchemaNode[]): void => {
    branch.pending.push(...nodes.map((child): Pending => ({ node: child, via: next })).toReversed())
  }
  const place = branch.pending.length
  const reference = keywordOf(node.value, '$ref')
  if (typeof reference === 'string') add(document.resolve(reference, node))
  add(...membersOf(node, 'allOf', document))
  const branches = forkAll([branch], { via: next, place, keyword: 'anyOf' }, context)
  return forkAll(branches, { via: next, place, keyword: 'oneOf' }, context)
}

/** Alternatives of a schema, and where they come among what is pending: after what stands beside them. */
interface Fork {
  readonly via: Pending
  readonly place: number
  readonly keyword: 'anyOf' | 'oneOf'
}

/** Each branch once for each alternative; the branches as they are if there is none, or with the only one. */
function forkAll(branches: readonly Branch[], fork: Fork, context: ExpandContext): readonly Branch[] {
  const { via, place, keyword } = fork
  const options = membersOf(via.node, keyword, context.document).map((node): Pending => ({ node, via }))
  const [only] = options
  if (only === undefined) return branches
  if (options.length === 1) {
    for (const { pending } of branches) pending.splice(place, 0, only)
    return branches
  }
  return branches.flatMap((branch) =>
    options.map((option, index): Branch => {
      context.budget.spend(1 + branch.pending.length + 2 * branch.collected.length)
      return {
        pending: branch.pending.toSpliced(place, 0, option),
        seen: new Set(branch.seen),
        collected: [...branch.collected],
        choices: keyword === 'oneOf' ? [...branch.choices, { node: via.node, index }] : branch.choices,
      }
    }),
  )
}

/** The schemas in a list of a schema. */
export function membersOf(
  node: SchemaNode,
  keyword: string,
  document: SchemaDocument,
): readonly SchemaNode[] {
  const list = node.value === true || node.value === false ? undefined : keywordOf(node.value, keyword)
  return Array.isArray(list) ? list.map((_, index) => document.child(node, keyword, String(index))) : []
}

function checkNoLoop({ node, via }: Pending): void {
  if (node.value === true) return
  for (let before = via; before !== undefined; before = before.via) {
    if (before.node === node) {
      throw new GrammarReferenceError(
        node.pointer() === '' ? '#' : `#${node.pointer()}`,
        via?.node.pointer() ?? '',
        'leads back to where it came from without a value between',
      )
    }
  }
}
