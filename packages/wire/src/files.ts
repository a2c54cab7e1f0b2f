let known: number | undefined

/**
 * Files and connections that this process may have open together; Infinity where the system sets no limit. When they run out,
 * Node takes connections and closes them at once without a word, so whoever holds many has to know the limit beforehand.
 */
export function filesMax(): number {
  return (known ??= readFilesMax())
}

function readFilesMax(): number {
  // Since Node 20.18; the types of 20 don't know it yet.
  const report: typeof process.report & { excludeNetwork?: boolean } = process.report
  const { excludeNetwork = false } = report
  // The report would look up the names of all peers.
  report.excludeNetwork = true
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } }
  report.excludeNetwork = excludeNetwork
  const soft = userLimits?.open_files?.soft
  return typeof soft === 'number' ? soft : Infinity
}

/** Of all files that the process may have open, those that connections may be that ask for nothing. */
const SILENT_PART = 0.5

let silent = 0

/** Whether this process holds as many connections that ask for nothing as it may: all its listeners open files of the same process. */
export function areFilesShort(): boolean {
  return silent >= filesMax() * SILENT_PART
}

/** Counts connections that ask for nothing, of all listeners together. */
export function countSilent(change: 1 | -1): void {
  silent += change
}
