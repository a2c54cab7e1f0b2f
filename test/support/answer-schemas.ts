/** A schema that answers are held to. */
export interface AnswerSchema {
  readonly name: string
  readonly schema: Readonly<Record<string, unknown>>
}

const shortText = { type: 'string', maxLength: 24 }

/** What users ask for: from one flag to recursive trees. Lengths are bounded, so that a small model comes to an end. */
export const ANSWER_SCHEMAS: readonly AnswerSchema[] = [
  { name: 'a flag', schema: { type: 'boolean' } },
  { name: 'a choice of texts', schema: { enum: ['fox', 'bear', 'owl', 'hedgehog'] } },
  { name: 'a text', schema: { type: 'string', minLength: 5, maxLength: 60 } },
  { name: 'a whole number within bounds', schema: { type: 'integer', minimum: -12, maximum: 4096 } },
  { name: 'a share', schema: { type: 'number', minimum: 0, exclusiveMaximum: 1 } },
  { name: 'any number', schema: { type: 'number' } },
  {
    name: 'a person',
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Person',
      type: 'object',
      properties: {
        name: { ...shortText, description: 'Full name' },
        age: { type: 'integer', minimum: 0, maximum: 150 },
        isFriend: { type: 'boolean' },
      },
      required: ['name', 'age', 'isFriend'],
      additionalProperties: false,
    },
  },
  {
    name: 'optional properties',
    schema: {
      type: 'object',
      properties: { a: { type: 'null' }, b: shortText, c: { type: ['integer', 'null'], maximum: 99 } },
      required: ['b'],
    },
  },
  {
    name: 'nested objects',
    schema: {
      type: 'object',
      properties: {
        place: {
          type: 'object',
          properties: {
            name: shortText,
            at: {
              type: 'object',
              properties: {
                north: { type: 'number', minimum: -90, maximum: 90 },
                east: { type: 'number', minimum: -180, maximum: 180 },
              },
              required: ['north', 'east'],
            },
          },
          required: ['name', 'at'],
        },
      },
      required: ['place'],
    },
  },
  { name: 'a list of texts', schema: { type: 'array', items: shortText, minItems: 2, maxItems: 5 } },
  {
    name: 'a list of objects',
    schema: {
      type: 'array',
      items: {
        type: 'object',
        properties: { animal: { enum: ['fox', 'cat'] }, count: { type: 'integer', minimum: 1, maximum: 9 } },
        required: ['animal', 'count'],
      },
      minItems: 1,
      maxItems: 4,
    },
  },
  {
    name: 'a tuple',
    schema: {
      type: 'array',
      prefixItems: [{ const: 'point' }, { type: 'integer', minimum: 0, maximum: 99 }, { type: 'boolean' }],
      items: false,
      minItems: 3,
    },
  },
  {
    name: 'references',
    schema: {
      $defs: { colour: { enum: ['red', 'green', 'blue'] } },
      type: 'object',
      properties: { from: { $ref: '#/$defs/colour' }, to: { $ref: '#/$defs/colour' } },
      required: ['from', 'to'],
    },
  },
  {
    name: 'a recursive list',
    schema: {
      $defs: {
        node: {
          type: 'object',
          properties: {
            value: { type: 'integer', minimum: 0, maximum: 9 },
            next: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/node' }] },
          },
          required: ['value', 'next'],
        },
      },
      $ref: '#/$defs/node',
    },
  },
  {
    name: 'a recursive tree',
    schema: {
      type: 'object',
      properties: {
        label: { type: 'string', pattern: '^[a-z]{1,6}$' },
        children: { type: 'array', items: { $ref: '#' }, maxItems: 2 },
      },
      required: ['label'],
    },
  },
  {
    name: 'alternatives that begin alike',
    schema: {
      anyOf: [
        {
          type: 'object',
          properties: { id: { type: 'integer', maximum: 99, minimum: 0 } },
          required: ['id'],
        },
        { type: 'object', properties: { id: shortText, note: shortText }, required: ['id', 'note'] },
      ],
    },
  },
  {
    name: 'alternatives with a tag',
    schema: {
      oneOf: [
        {
          type: 'object',
          properties: {
            kind: { const: 'circle' },
            radius: { type: 'number', exclusiveMinimum: 0, maximum: 10 },
          },
          required: ['kind', 'radius'],
        },
        {
          type: 'object',
          properties: { kind: { const: 'text' }, content: shortText },
          required: ['kind', 'content'],
        },
      ],
    },
  },
  {
    name: 'a schema made of two',
    schema: {
      allOf: [
        { type: 'object', properties: { id: { type: 'integer', minimum: 1 } }, required: ['id'] },
        { type: 'object', properties: { id: { maximum: 20 }, title: shortText }, required: ['title'] },
      ],
    },
  },
  {
    name: 'patterns and formats',
    schema: {
      type: 'object',
      properties: {
        code: { type: 'string', pattern: '^[A-Z]{2}-\\d{3,5}$' },
        day: { type: 'string', format: 'date' },
        id: { type: 'string', format: 'uuid' },
        word: { type: 'string', pattern: 'fox|owl', maxLength: 12 },
      },
      required: ['code', 'day', 'id', 'word'],
    },
  },
  {
    name: 'names and texts with escapes and other scripts',
    schema: {
      type: 'object',
      properties: {
        'größe "x"': { enum: ['klein\n', 'groß\\', '大きい', '🦊', '\u0007'] },
        'a/b~c': { type: 'string', pattern: '^[ä-ü"\\\\]{1,4}$' },
        '': { const: { nested: [1, 'ü', null, 2.5] } },
      },
      required: ['größe "x"', 'a/b~c', ''],
      additionalProperties: false,
    },
  },
]
