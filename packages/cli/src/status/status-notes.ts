import { STATUS_TEXT_CHARS_MAX } from '../limits.ts'

/** Remarks as a status may hold them: on one line, and no longer than its texts may be. */
export function statusNotes(notes: readonly (string | undefined)[]): { readonly notes?: readonly string[] } {
  const given = notes.flatMap((note) => (note === undefined || note === '' ? [] : [oneLine(note)]))
  return given.length === 0 ? {} : { notes: given }
}

function oneLine(note: string): string {
  return note.replaceAll(/\p{Cc}+/gu, ' ').slice(0, STATUS_TEXT_CHARS_MAX)
}
