/** The parts of a JSON Schema that the market's routes use. */
export interface JsonSchema {
  readonly type?: string
  /** Names objects that are described once. */
  readonly title?: string
  readonly description?: string
  readonly enum?: readonly string[]
  readonly const?: unknown
  readonly pattern?: string
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: JsonSchema
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
}

/** A parameter of an operation. */
export interface ApiParameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required?: boolean
  readonly description?: string
  readonly schema: JsonSchema
}

interface ApiContent {
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>
}

/** An operation as the OpenAPI document has it. */
export interface ApiOperation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly parameters?: readonly ApiParameter[]
  readonly requestBody?: ApiContent
  readonly responses: Readonly<Record<string, ApiContent>>
}

/** An operation and where it is. */
export interface ApiRoute {
  readonly method: string
  /** With parameters in braces. */
  readonly path: string
  readonly operation: ApiOperation
}

/** All routes of an OpenAPI document, in its order. */
export function routesOf(document: Readonly<Record<string, unknown>>): readonly ApiRoute[] {
  const paths = document['paths'] as Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
}

/** The schema of a body, or undefined if none is read. */
export function bodyOf({ operation }: ApiRoute): JsonSchema | undefined {
  return operation.requestBody?.content?.['application/json']?.schema
}

/** Whether a route takes signed requests only, or both, or doesn't look. */
export function accessOf({ operation }: ApiRoute): 'public' | 'signed' | 'optional' {
  const { security } = operation
  if (security === undefined) return 'public'
  return security.some((choice) => Object.keys(choice).length === 0) ? 'optional' : 'signed'
}
