/**
 * What of a client's JSON schema reaches the validator: a copy with known keywords only, of bounded depth,
 * size and patterns. Everything here is a loop over an explicit stack: depth never becomes stack depth.
 */
import { refusal } from './chat-errors.ts';

export type SchemaNode = Readonly<Record<string, unknown>>;

export const SCHEMA_PARAM = 'response_format.json_schema.schema';
const MOST_CHARACTERS = 20_000;
/** Objects and arrays inside each other, of the whole value. */
const MOST_VALUE_DEPTH = 32;
const MOST_VALUES = 2_000;
/** Schemas inside each other. */
const MOST_DEPTH = 5;
/** Compiling takes up to half a millisecond for each. */
const MOST_SCHEMAS = 64;
const MOST_PATTERNS = 10;

const HANDLED_TYPES = new Set([
  'object',
  'array',
  'string',
  'number',
  'integer',
  'boolean',
  'null',
]);
/** Keywords that are checked, beside `properties`, `items`, `anyOf` and `additionalProperties`. */
const CHECKED = [
  'type',
  'required',
  'enum',
  'const',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
] as const;
/** Keywords that would change the meaning and are not handled. Others only annotate and are left out. */
const REFUSED = [
  '$ref',
  '$dynamicRef',
  '$recursiveRef',
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'patternProperties',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'dependencies',
  'prefixItems',
  'additionalItems',
  'contains',
  'minContains',
  'maxContains',
  'unevaluatedProperties',
  'unevaluatedItems',
] as const;

/**
 * The schema as it may be compiled.
 * @throws FootnoteError `bad-request` naming the place and what has to change
 */
export function boundedSchema(schema: SchemaNode): SchemaNode {
  checkValues(schema);
  if (JSON.stringify(schema).length > MOST_CHARACTERS) {
    throw refusal(SCHEMA_PARAM, `has more than ${MOST_CHARACTERS} characters`);
  }
  if (schema['type'] !== 'object') throw refusal(SCHEMA_PARAM, 'the top level must be an object');
  const counts = { schemas: 0, patterns: 0 };
  return copyNode(schema, '', 0, counts);
}

/** Depth and number of values of the JSON itself, before anything recurses into it. */
function checkValues(schema: SchemaNode): void {
  const open: [value: object, depth: number][] = [[schema, 1]];
  let values = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    if (depth > MOST_VALUE_DEPTH) {
      throw refusal(SCHEMA_PARAM, `is nested deeper than ${MOST_VALUE_DEPTH} levels`);
    }
    for (const inner of Object.values(value) as unknown[]) {
      values += 1;
      if (values > MOST_VALUES) {
        throw refusal(SCHEMA_PARAM, `has more than ${MOST_VALUES} values`);
      }
      if (typeof inner === 'object' && inner !== null) open.push([inner, depth + 1]);
    }
  }
}

interface Counts {
  schemas: number;
  patterns: number;
}

function copyNode(node: SchemaNode, path: string, depth: number, counts: Counts): SchemaNode {
  const place = `${SCHEMA_PARAM}${path}`;
  counts.schemas += 1;
  if (depth > MOST_DEPTH) throw refusal(place, `is nested deeper than ${MOST_DEPTH} levels`);
  if (counts.schemas > MOST_SCHEMAS) {
    throw refusal(SCHEMA_PARAM, `has more than ${MOST_SCHEMAS} schemas inside it`);
  }
  for (const word of REFUSED) {
    if (Object.hasOwn(node, word)) throw refusal(place, `${word} is not supported`);
  }
  const choices = node['anyOf'];
  if (!Array.isArray(choices) && node['enum'] === undefined && node['const'] === undefined) {
    const types = typesOf(node);
    if (types.length === 0 || types.some((type) => !HANDLED_TYPES.has(type))) {
      throw refusal(place, 'needs a type of object, array, string, number, integer or boolean');
    }
  }
  if (node['pattern'] !== undefined) {
    counts.patterns += 1;
    if (counts.patterns > MOST_PATTERNS) {
      throw refusal(SCHEMA_PARAM, `has more than ${MOST_PATTERNS} patterns`);
    }
  }
  const copy: Record<string, unknown> = {};
  for (const word of CHECKED) if (Object.hasOwn(node, word)) copy[word] = node[word];
  const required = node['required'];
  if (required !== undefined && !isStrings(required)) {
    throw refusal(`${place}.required`, 'must be an array of names', 'invalid_value');
  }
  const inner = (child: unknown, name: string, levels = 1): unknown => {
    if (isNode(child)) return copyNode(child, `${path}.${name}`, depth + levels, counts);
    if (typeof child === 'boolean') return child;
    throw refusal(`${place}.${name}`, 'must be a schema', 'invalid_value');
  };
  if (isNode(node['properties'])) {
    copy['properties'] = Object.fromEntries(
      Object.entries(node['properties']).map(([name, child]) => [
        name,
        inner(child, `properties.${name}`),
      ]),
    );
  }
  for (const word of ['items', 'additionalProperties']) {
    if (Object.hasOwn(node, word)) copy[word] = inner(node[word], word);
  }
  if (Array.isArray(choices)) {
    copy['anyOf'] = choices.map((child, index) => inner(child, `anyOf.${index}`, 0));
  }
  return copy;
}

/** The types that a node names. */
export function typesOf(node: SchemaNode): string[] {
  const type = node['type'];
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type.filter((one) => typeof one === 'string') : [];
}

/** The schemas of an object's members by their names. */
export function propertiesOf(node: SchemaNode): Readonly<Record<string, SchemaNode>> {
  const properties = node['properties'];
  if (!isNode(properties)) return {};
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, child]) => (isNode(child) ? [[name, child]] : [])),
  );
}

const isStrings = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

export function isNode(value: unknown): value is SchemaNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
