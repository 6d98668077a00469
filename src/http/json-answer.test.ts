import { describe, expect, it } from 'vitest';
import type { Answer, AnswerReference } from '../core/nouns.ts';
import { checkedJsonSchema, jsonAnswer } from './json-answer.ts';

const DEPTH = 'Lake Baikal is 1,642 metres deep.';
const LENGTH = 'It is 636 kilometres long.';
const reference = (number: number, text: string): AnswerReference => ({
  number,
  url: `https://lakes.example/${number}`,
  title: `Lakes ${number}`,
  site: 'lakes.example',
  published_at: null,
  fetched_at: '2026-01-01T00:00:00.000Z',
  text,
  score: 1,
  evidence: [],
});
const sentence = (text: string, number: number): Answer['sentences'][number] => ({
  text,
  start: 0,
  end: text.length,
  citations: [
    {
      reference: number,
      quote: text,
      start: 0,
      end: text.length,
      url: `https://lakes.example/${number}`,
      support: 1,
    },
  ],
});
const ANSWER = {
  question: 'How deep is Lake Baikal?',
  language: 'en',
  abstained: false,
  sentences: [sentence(DEPTH, 1), sentence(LENGTH, 2)],
  references: [reference(1, DEPTH), reference(2, LENGTH)],
};

type Node = Record<string, unknown>;

const object = (properties: Node, required = Object.keys(properties)): Node => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

function filled(
  properties: Node,
  required?: readonly string[],
  answer: typeof ANSWER = ANSWER,
): Node {
  const schema = checkedJsonSchema(object(properties, required as string[] | undefined));
  const made = jsonAnswer(answer, schema);
  return 'refusal' in made ? made : (JSON.parse(made.content) as Node);
}

describe('jsonAnswer', () => {
  it('fills text and sources from the cited answer', () => {
    expect(
      filled({
        answer: { type: 'string' },
        question: { type: 'string' },
        language: { type: 'string' },
        sources: { type: 'array', items: { type: 'string' } },
        citations: {
          type: 'array',
          items: object({
            url: { type: 'string' },
            title: { type: 'string' },
            quote: { type: 'string' },
          }),
        },
      }),
    ).toEqual({
      answer: `${DEPTH} ${LENGTH}`,
      question: 'How deep is Lake Baikal?',
      language: 'en',
      sources: ['https://lakes.example/1', 'https://lakes.example/2'],
      citations: [
        { url: 'https://lakes.example/1', title: 'Lakes 1', quote: DEPTH },
        { url: 'https://lakes.example/2', title: 'Lakes 2', quote: LENGTH },
      ],
    });
  });

  it('takes figures that stand in the answer', () => {
    expect(filled({ depth_metres: { type: 'number' } })).toEqual({ depth_metres: 1_642 });
  });

  it('leaves out what is not required, and takes null where that is allowed', () => {
    const shoe = { anyOf: [{ type: 'boolean' }, { type: 'null' }] };
    expect(filled({ answer: { type: 'string' }, is_red: { type: 'boolean' } }, ['answer'])).toEqual(
      {
        answer: `${DEPTH} ${LENGTH}`,
      },
    );
    expect(filled({ is_red: shoe })).toEqual({ is_red: null });
  });

  it('refuses, by name, what nothing fills', () => {
    const { refusal } = filled({ answer: { type: 'string' }, is_red: { type: 'boolean' } });
    expect(refusal).toContain('holds nothing for is_red');
    expect(refusal).toContain('1,642');
  });

  it('refuses what does not fit the schema’s bounds', () => {
    const { refusal } = filled({ answer: { type: 'string', maxLength: 5 } });
    expect(refusal).toMatch(/does not fit the schema: answer/u);
  });

  it('joins Chinese sentences without a space', () => {
    const chinese = {
      ...ANSWER,
      language: 'zh',
      sentences: [sentence('湖很深。', 1), sentence('湖很长。', 2)],
    };
    expect(filled({ 答案: { type: 'string' } }, undefined, chinese)).toEqual({
      答案: '湖很深。湖很长。',
    });
  });
});

describe('checkedJsonSchema', () => {
  it.each([
    [{ type: 'array', items: { type: 'string' } }, /top level/u],
    [object({ a: { $ref: '#/x' } }), /\$ref is not supported/u],
    [object({ a: { oneOf: [] } }), /properties\.a|oneOf/u],
    [object({ a: { type: 'colour' } }), /response_format/u],
    [object({ a: { description: 'x'.repeat(20_001), type: 'string' } }), /20000 characters/u],
    [
      object({ a: object({ b: object({ c: object({ d: object({ e: object({ f: {} }) }) }) }) }) }),
      /deeper/u,
    ],
  ])('refuses a schema that cannot be filled (%#)', (schema, says) => {
    expect(() => checkedJsonSchema(schema)).toThrow(says);
  });

  it.each([
    ['^(.+)+!$', false],
    ['(x+x+)+y', false],
    ['^Lake Baikal', true],
    ['metres', true],
  ])('decides the pattern %s in linear time', (pattern, fits) => {
    const long = {
      ...ANSWER,
      sentences: Array.from({ length: 200 }, () => sentence(DEPTH, 1)),
    };
    const schema = checkedJsonSchema(object({ answer: { type: 'string', pattern } }));
    const started = performance.now();
    expect('content' in jsonAnswer(long, schema)).toBe(fits);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('tells two patterns apart', () => {
    expect(
      filled({
        answer: { type: 'string', pattern: 'Baikal' },
        text: { type: 'string', pattern: 'x{9}' },
      }),
    ).toHaveProperty('refusal');
  });

  const nested = (levels: number): Node => {
    let inner: Node = { type: 'string' };
    for (let level = 0; level < levels; level += 1) inner = { type: 'array', items: inner };
    return object({ a: inner });
  };
  const many = (count: number, child: Node): Node =>
    object(Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, child])));
  it.each([
    [object({ a: { type: 'string', pattern: '(?=x)x' } }), /lookaround/u],
    [object({ a: { type: 'string', pattern: '(a)\\1' } }), /back references/u],
    [object({ a: { type: 'string', pattern: '((a{9}){9}){9}' } }), /smaller counts/u],
    [object({ a: { type: 'string', pattern: 'a'.repeat(201) } }), /at most 200/u],
    [object({ a: { type: 'string', pattern: 5 } }), /no valid JSON schema/u],
    [object({ a: { type: 'string', minLength: 'x' } }), /no valid JSON schema/u],
    [many(11, { type: 'string', pattern: 'a' }), /10 patterns/u],
    [nested(20_000), /deeper than 32 levels/u],
    [nested(6), /deeper than 5 levels/u],
    [many(64, { type: 'string' }), /more than 64 schemas/u],
    [{ ...many(1, {}), $defs: many(2_001, {}) }, /2000 values/u],
    [object({ a: { anyOf: [{ type: 'string', contains: {} }] } }), /contains is not supported/u],
    [object({ a: { anyOf: [{ type: 'string', pattern: '(?=x)' }] } }), /lookaround/u],
    [{ ...object({}), required: [7] }, /array of names/u],
    [{ ...object({}), properties: { a: 7 } }, /must be a schema/u],
  ])('bounds what is compiled (%#)', (schema, says) => {
    expect(() => checkedJsonSchema(schema)).toThrow(says);
  });
});
