import t from 'tap'
import { accepts } from './support/accepts.ts'

interface Case {
  readonly schema: unknown
  readonly takes: readonly string[]
  readonly refuses: readonly string[]
}

const text = { type: 'string' }
const CASES: Readonly<Record<string, Case>> = {
  'any value where nothing is said': {
    schema: {},
    takes: ['null', 'true', '-1.5e3', '"x"', '[]', '[1,[2, {"a":null}]]', '{}', '{"a": 1,"":[]}'],
    refuses: [
      '',
      ' 1',
      '1 ',
      '[ 1]',
      '[1 ,2]',
      '[1,  2]',
      '{"a" :1}',
      '{ }',
      '01',
      '1.',
      '+1',
      'nul',
      '{"a":1,}',
    ],
  },
  'strings with any escape, never half a surrogate pair': {
    schema: text,
    takes: ['""', '"ü漢🦊"', '"\\n\\"\\\\\\/\\u00e9"', '"\\ud83e\\udd8a"', '"\\uD83E\\uDD8A"', '"\u007f"'],
    refuses: ['"\n"', '"\\x41"', '"\\ud83e"', '"\\udd8a"', '"\\ud83ex"', "'a'", '"a', 'a"'],
  },
  'lengths in characters': {
    schema: { type: 'string', minLength: 1, maxLength: 2 },
    takes: ['"a"', '"🦊🦊"', '"\\u00e9\\n"', '"\\ud83e\\udd8aa"'],
    refuses: ['""', '"abc"', '"🦊🦊🦊"'],
  },
  'patterns anywhere, and characters in their shortest way': {
    schema: { type: 'string', pattern: 'a"?\\n[é🦊]' },
    takes: ['"a\\né"', '"xa\\"\\n🦊y"'],
    refuses: ['"a\\n"', '"a\\u000aé"', '"a\\n\\u00e9"'],
  },
  'a pattern together with lengths and another pattern': {
    schema: {
      allOf: [{ pattern: '^[a-c]+$' }, { pattern: 'b' }],
      type: 'string',
      minLength: 2,
      maxLength: 3,
    },
    takes: ['"ab"', '"bb"', '"cba"'],
    refuses: ['"b"', '"ac"', '"abab"', '"bd"'],
  },
  'whole numbers within bounds': {
    schema: { type: 'integer', minimum: -12, exclusiveMaximum: 105 },
    takes: ['-12', '-1', '0', '9', '10', '99', '100', '104'],
    refuses: ['-13', '-0', '105', '110', '00', '1.0', '1e1', '-'],
  },
  'whole numbers as far as they are exact': {
    schema: { type: 'integer' },
    takes: ['0', '-7', '999999999999999', '-999999999999999'],
    refuses: ['1000000000000000', '-0', '1.5'],
  },
  'bounds beyond that': {
    schema: { type: 'integer', minimum: 1_700_000_000_000_000 },
    takes: ['1700000000000000', '9007199254740991'],
    refuses: ['1699999999999999', '9007199254740992'],
  },
  shares: {
    schema: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
    takes: ['1', '1.0', '1.000', '0.5', '0.001', '0.10', '0.99999'],
    refuses: ['0', '0.0', '-0', '1.01', '1.0001', '5e-1', '2', '.5'],
  },
  'numbers between bounds of several digits': {
    schema: { type: 'number', minimum: -3.25, maximum: 12.5 },
    takes: ['-3.25', '-3.2', '-3', '-0.1', '0', '9.99', '10', '12.5', '12.499', '12'],
    refuses: ['-3.26', '-3.3', '-4', '12.51', '12.6', '13', '100'],
  },
  'properties in order, optional ones left out': {
    schema: {
      type: 'object',
      properties: { a: { type: 'null' }, b: { type: 'null' }, c: { type: 'null' } },
      required: ['b'],
    },
    takes: ['{"b":null}', '{"a": null, "b":null}', '{"b":null,"c":null}', '{"a":null,"b":null,"c":null}'],
    refuses: [
      '{}',
      '{"a":null}',
      '{"b":null,"a":null}',
      '{"b":null,}',
      '{"b":null,"d":null}',
      '{"b":null,"b":null}',
    ],
  },
  'more properties behind the listed ones, of other names': {
    schema: {
      type: 'object',
      properties: { ab: { type: 'null' } },
      additionalProperties: { type: 'boolean' },
    },
    takes: [
      '{}',
      '{"ab":null}',
      '{"ab":null,"a":true}',
      '{"abc":true, "":false}',
      '{"x\\"":true}',
      '{"é":true}',
    ],
    refuses: ['{"ab":true}', '{"x":true,"ab":null}', '{"a\\u0062":true}', '{"x":null}'],
  },
  'an object whose list of properties is empty': {
    schema: { type: 'object', properties: {}, discriminator: { propertyName: 'x' } },
    takes: ['{}'],
    refuses: ['{"a":1}'],
  },
  'required names that are not listed': {
    schema: { type: 'object', required: ['x'] },
    takes: ['{"x":1}', '{"x":{"y":[]}}'],
    refuses: ['{}', '{"x":1,"y":2}'],
  },
  'lists between two lengths': {
    schema: { type: 'array', items: { enum: [1, 2] }, minItems: 1, maxItems: 3 },
    takes: ['[1]', '[1,2]', '[2, 1,2]'],
    refuses: ['[]', '[3]', '[1,2,1,2]', '[,1]'],
  },
  'tuples, and what follows them': {
    schema: {
      type: 'array',
      prefixItems: [{ const: 'a' }, { type: 'integer' }],
      items: { type: 'null' },
      minItems: 1,
    },
    takes: ['["a"]', '["a",5]', '["a",5,null]', '["a",5,null,null]'],
    refuses: ['[]', '[5]', '["a",null]', '["a",5,5]'],
  },
  'listed values as they are written': {
    schema: { enum: ['a', 'ab', 'ü"', 1.5, null, [1, { k: 'v' }]] },
    takes: ['"a"', '"ab"', '"ü\\""', '1.5', 'null', '[1,{"k":"v"}]'],
    refuses: ['"', '"b"', '1', '1.50', '[1, {"k":"v"}]', '"abc"'],
  },
  'listed values that the rest allows': {
    schema: {
      enum: ['a', 'abc', 5, 50, 'x'],
      type: ['string', 'integer'],
      maxLength: 2,
      maximum: 9,
      pattern: '^[a-f]',
    },
    takes: ['"a"', '5'],
    refuses: ['"abc"', '50', '"x"'],
  },
  recursion: {
    schema: { type: 'object', properties: { next: { $ref: '#' } }, additionalProperties: false },
    takes: ['{}', '{"next":{"next":{}}}'],
    refuses: ['{"next":null}', '{"next":{}'],
  },
  'references by pointers with escapes': {
    schema: { $defs: { 'a/b~c d': { const: 1 } }, $ref: '#/$defs/a~1b~0c%20d' },
    takes: ['1'],
    refuses: ['2'],
  },
  'keywords beside a reference': {
    schema: { $defs: { n: { type: 'number' } }, $ref: '#/$defs/n', type: 'integer', minimum: 3, maximum: 4 },
    takes: ['3', '4'],
    refuses: ['2', '3.5'],
  },
  'alternatives that begin alike': {
    schema: {
      anyOf: [{ const: 'ab' }, { type: 'string', pattern: '^a+$' }, { type: 'array', items: { $ref: '#' } }],
    },
    takes: ['"ab"', '"aaa"', '["a",["ab"]]'],
    refuses: ['"aab"', '["b"]'],
  },
  'all of several objects': {
    schema: {
      allOf: [
        { type: 'object', properties: { a: { type: 'integer', minimum: 0 } }, required: ['a'] },
        { properties: { a: { maximum: 5 }, b: { type: 'null' } }, additionalProperties: false },
      ],
    },
    takes: ['{"a":5}', '{"a":0,"b":null}'],
    refuses: ['{"a":6}', '{"b":null}', '{"a":1,"c":1}'],
  },
  'alternatives beside properties': {
    schema: {
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'integer' } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    },
    takes: ['{"a":1}', '{"b":1}', '{"a":1,"b":2}'],
    refuses: ['{}'],
  },
  'exactly one of alternatives with a tag': {
    schema: {
      oneOf: [
        { type: 'object', properties: { k: { const: 'a' }, x: { type: 'integer' } }, required: ['k', 'x'] },
        { type: 'object', properties: { k: { enum: ['b', 'c'] } }, required: ['k'] },
        { type: 'null' },
      ],
    },
    takes: ['{"k":"a","x":1}', '{"k":"c"}', 'null'],
    refuses: ['{"k":"a"}', '{"k":"b","x":1}', '{}'],
  },
  'exactly one of alternatives that stand beside the tag': {
    schema: {
      type: 'object',
      properties: { k: { enum: ['a', 'b'] } },
      required: ['k'],
      oneOf: [{ properties: { k: { const: 'a' } } }, { properties: { k: { const: 'b' } } }],
    },
    takes: ['{"k":"a"}', '{"k":"b"}'],
    refuses: ['{}', '{"k":"c"}'],
  },
  'exactly one of objects with other properties': {
    schema: {
      oneOf: [
        { type: 'object', properties: { a: { type: 'null' } }, required: ['a'] },
        { type: 'object', properties: { b: { type: 'null' } }, required: ['b'] },
      ],
    },
    takes: ['{"a":null}', '{"b":null}'],
    refuses: ['{}', '{"a":null,"b":null}'],
  },
  'a type from the keywords': {
    schema: { minLength: 1, maxLength: 1 },
    takes: ['"a"'],
    refuses: ['1', 'null'],
  },
  'what can not be is left out': {
    schema: {
      type: 'object',
      properties: { a: false, b: { type: 'array', items: false }, c: { enum: [] } },
    },
    takes: ['{}', '{"b":[]}'],
    refuses: ['{"a":1}', '{"b":[1]}', '{"c":1}'],
  },
  'a name that JavaScript gives all objects': {
    schema: JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"null"},"constructor":{"const":1}}}',
    ) as unknown,
    takes: ['{"__proto__":null,"constructor":1}', '{}'],
    refuses: ['{"__proto__":1}'],
  },
}

for (const [name, { schema, takes, refuses }] of Object.entries(CASES)) {
  t.test(`writes ${name}`, async (t) => {
    for (const document of takes) t.equal(accepts(schema, document), true, `takes ${document}`)
    for (const document of refuses) t.equal(accepts(schema, document), false, `refuses ${document}`)
  })
}

const REFUSED: readonly (readonly [unknown, string, RegExp])[] = [
  [{ not: {} }, 'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED', /not at its root/],
  [{ properties: { 'a/b': { if: true } } }, 'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED', /if at \/properties\/a~1b/],
  [{ type: 'integer', multipleOf: 2 }, 'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED', /multipleOf/],
  [{ 'x-order': 1 }, 'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED', /x-order/],
  [{ constructor: 1 }, 'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED', /constructor/],
  [{ uniqueItems: true }, 'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED', /uniqueItems/],
  [{ type: 'array', items: [{}] }, 'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED', /prefixItems/],
  [
    { type: 'string', format: 'iri' },
    'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED',
    /"iri" is not known; known are date/,
  ],
  [
    { oneOf: [{ type: 'integer' }, { type: 'number' }] },
    'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED',
    /oneOf.*alternatives 1 and 2/,
  ],
  [
    {
      oneOf: [
        { type: 'object', properties: { a: {} } },
        { type: 'object', properties: { b: {} } },
      ],
    },
    'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED',
    /oneOf/,
  ],
  [
    {
      type: 'object',
      properties: { a: { type: 'null' }, b: { type: 'null' } },
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
    },
    'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED',
    /oneOf/,
  ],
  [{ enum: [{}], properties: { a: {} } }, 'ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED', /enum/],
  [{ type: 'text' }, 'ENGINE_GRAMMAR_SCHEMA_INVALID', /type has to be one or several of object/],
  [{ type: [] }, 'ENGINE_GRAMMAR_SCHEMA_INVALID', /type/],
  [{ minLength: -1 }, 'ENGINE_GRAMMAR_SCHEMA_INVALID', /minLength has to be a whole number/],
  [{ properties: { a: 5 } }, 'ENGINE_GRAMMAR_SCHEMA_INVALID', /\/properties\/a.*a schema is an object/],
  [{ anyOf: [] }, 'ENGINE_GRAMMAR_SCHEMA_INVALID', /anyOf/],
  [{ required: ['a', 1] }, 'ENGINE_GRAMMAR_SCHEMA_INVALID', /required/],
  [[], 'ENGINE_GRAMMAR_SCHEMA_INVALID', /its root/],
  [{ $ref: '#/$defs/none' }, 'ENGINE_GRAMMAR_REFERENCE', /leads to nothing/],
  [{ $ref: '#/title', title: 'x' }, 'ENGINE_GRAMMAR_REFERENCE', /no schema/],
  [{ $ref: 'other.json' }, 'ENGINE_GRAMMAR_REFERENCE', /out of the schema/],
  [false, 'ENGINE_GRAMMAR_UNSATISFIABLE', /contradict/],
  [{ type: 'integer', minimum: 3, exclusiveMaximum: 3 }, 'ENGINE_GRAMMAR_UNSATISFIABLE', /contradict/],
  [{ allOf: [{ type: 'string' }, { type: 'null' }] }, 'ENGINE_GRAMMAR_UNSATISFIABLE', /contradict/],
  [
    { type: 'object', properties: { a: false }, required: ['a'] },
    'ENGINE_GRAMMAR_UNSATISFIABLE',
    /contradict/,
  ],
  [{ type: 'string', minLength: 3, maxLength: 2 }, 'ENGINE_GRAMMAR_UNSATISFIABLE', /contradict/],
]

for (const [schema, code, message] of REFUSED) {
  t.test(`refuses ${JSON.stringify(schema)} by name`, async (t) => {
    t.throws(() => accepts(schema, ''), { code, message })
  })
}
