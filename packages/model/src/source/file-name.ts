import { FileNameRefusedError } from '../errors.ts'
import { FILE_NAME_CHARACTERS_MAX } from '../limits.ts'

/**
 * Whether a name, which may come from a hostile server or index, stays inside its folder on every operating system:
 * relative, forward slashes, no empty, `.` or `..` part, no backslash, colon or control character.
 */
export function isSafeFileName(name: string): boolean {
  if (name.length === 0 || name.length > FILE_NAME_CHARACTERS_MAX) return false
  if (/[\\:]|\p{Cc}/u.test(name)) return false
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

/**
 * Checks a file name as {@link isSafeFileName} does.
 *
 * @throws FileNameRefusedError if it is not safe.
 */
export function checkFileName(name: string): void {
  if (!isSafeFileName(name)) throw new FileNameRefusedError(name)
}
