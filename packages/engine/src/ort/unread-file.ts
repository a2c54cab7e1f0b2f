import path from 'node:path'
import { ortLibrary } from './library.ts'

/**
 * Name of the file that graphs give as the place of their weights.
 *
 * A graph must say where a weight's bytes are, and ONNX Runtime checks that the file exists, although the session gets
 * every weight from its weight store and never opens the file. `package.json` of the runtime's own package is always there.
 */
export const UNREAD_FILE_NAME = 'package.json'

/** The folder of {@link UNREAD_FILE_NAME}. */
export function unreadFileFolder(): string {
  return path.resolve(path.dirname(ortLibrary().path), '..', '..', '..', '..')
}
