import type { TextStyle } from '../console/terminal.ts'

/** One line of a status as it is drawn: styled as a whole, so that cutting it can't cut a style. */
export interface ScreenLine {
  readonly text: string
  readonly style: TextStyle | undefined
}

/** A line without a style. */
export function plain(text: string): ScreenLine {
  return { text, style: undefined }
}

/** A line with one. */
export function styled(style: TextStyle, text: string): ScreenLine {
  return { text, style }
}

/** A table as lines, `indent` spaces in, its first row dim. */
export function tableLines(table: string, indent: number): readonly ScreenLine[] {
  const rows = table.split('\n').filter((row) => row !== '')
  return rows.map((row, index) => ({
    text: `${' '.repeat(indent)}${row}`,
    style: index === 0 ? 'dim' : undefined,
  }))
}
