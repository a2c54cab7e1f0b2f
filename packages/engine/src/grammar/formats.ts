/**
 * Patterns of the values of `format` that are known. Each allows a part of what the format allows, in its plain form:
 * dates without 29 February, times with an offset, https and http addresses.
 */
export const FORMAT_PATTERNS: ReadonlyMap<string, string> = formatPatterns()

function formatPatterns(): ReadonlyMap<string, string> {
  const date = String.raw`\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))`
  const time = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)`
  const label = '[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?'
  const hostname = String.raw`${label}(?:\.${label}){0,3}`
  const byte = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
  const word = '[A-Za-z0-9]{1,32}'
  const path = String.raw`(?:/[A-Za-z0-9._~-]{0,64}){0,16}`
  const patterns: Readonly<Record<string, string>> = {
    date,
    time,
    'date-time': `${date}T${time}`,
    duration: String.raw`P(?:\d{1,4}W|\d{1,4}D(?:T\d{1,4}[HMS])?|T\d{1,4}[HMS]|\d{1,4}[YM])`,
    uuid: '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}',
    ipv4: String.raw`${byte}(?:\.${byte}){3}`,
    ipv6: '(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}',
    hostname,
    email: String.raw`${word}(?:[._+-]${word}){0,3}@${label}(?:\.${label}){1,3}`,
    uri: String.raw`https?://${hostname}${path}(?:\?[A-Za-z0-9=&._~-]{1,128})?(?:#[A-Za-z0-9._~-]{1,64})?`,
  }
  return new Map(Object.entries(patterns).map(([name, pattern]) => [name, `^${pattern}$`]))
}
