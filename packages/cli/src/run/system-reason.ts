import { fromUnknown } from '@shardline/core'

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'the permission is missing',
  EISDIR: 'it is a folder',
  EEXIST: 'there is such a file already',
  ENOSPC: 'there is no room left',
}

/** Why the system refused something with a file, for people. */
export function systemReason(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return SYSTEM_REASONS[code] ?? fromUnknown(cause).message
}
