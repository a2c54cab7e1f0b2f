import { platform } from '#platform'
import { CATALOGUE } from './catalogue.ts'
import { MessageInvalidError } from './errors.ts'
import type { MessageKind } from './message.ts'
import type { SchemaCheck } from './platform/platform.ts'
import { stripUnknown } from './strip-unknown.ts'

/** Checks by kind, each compiled when the first message of its kind comes. */
const CHECKS = new Map<MessageKind, SchemaCheck>()

function checkOf(kind: MessageKind): SchemaCheck {
  const known = CHECKS.get(kind)
  if (known !== undefined) return known
  const check = platform.compileSchema(CATALOGUE[kind].schema)
  CHECKS.set(kind, check)
  return check
}

/**
 * The header with exactly the fields of its kind: itself, or a copy without the fields that a newer minor version of
 * the peer's software added.
 *
 * @throws MessageInvalidError that names the first field which isn't what the kind allows.
 */
export function conform(kind: MessageKind, header: object): object {
  const check = checkOf(kind)
  if (check.isMet(header)) return header
  const known = stripUnknown(CATALOGUE[kind].schema, header)
  if (check.isMet(known)) return known as object
  const first = check.failure(known)
  throw new MessageInvalidError(kind, first?.path ?? '', first?.message ?? 'does not match its schema')
}
