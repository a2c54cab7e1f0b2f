import { InvalidArgumentError } from 'commander'

/** What a numeric option takes. Bounds are inclusive. */
export interface NumberBounds {
  readonly min: number
  readonly max: number
}

/** A parser for whole numbers within bounds; refuses everything else by saying what is allowed. */
export function integerWithin(bounds: NumberBounds): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^-?\d+$/.test(text.trim()) || !isWithin(value, bounds)) {
      throw new InvalidArgumentError(`Allowed is a whole number from ${bounds.min} to ${bounds.max}.`)
    }
    return value
  }
}

/** A parser for decimal numbers within bounds; refuses everything else by saying what is allowed. */
export function numberWithin(bounds: NumberBounds): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !isWithin(value, bounds)) {
      throw new InvalidArgumentError(`Allowed is a number from ${bounds.min} to ${bounds.max}.`)
    }
    return value
  }
}

function isWithin(value: number, bounds: NumberBounds): boolean {
  return Number.isFinite(value) && value >= bounds.min && value <= bounds.max
}
