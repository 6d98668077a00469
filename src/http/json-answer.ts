/**
 * `response_format: json_schema`: a cited answer in an asked shape. Nothing is made up for a field: it is
 * the answer's text, one of its sources, or words and figures that stand in the cited answer. A required
 * field that none of these fills makes the whole a refusal, as OpenAI's clients know it.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Answer, CitedSentence } from '../core/nouns.ts';
import { refusal } from './chat-errors.ts';
import {
  boundedSchema,
  isNode,
  propertiesOf,
  SCHEMA_PARAM,
  typesOf,
  type SchemaNode,
} from './json-schema-bounds.ts';
import { linearPattern } from './linear-pattern.ts';

export interface JsonSchema {
  readonly root: SchemaNode;
  readonly validate: ValidateFunction;
}

/** @throws FootnoteError `bad-request` naming what of the schema cannot be filled */
export function checkedJsonSchema(schema: SchemaNode): JsonSchema {
  const bounded = boundedSchema(schema);
  // One for each request: it keeps every pattern that it has seen. Keywords are checked without the meta-schema.
  const ajv = new Ajv2020({
    strict: false,
    meta: false,
    validateSchema: false,
    validateFormats: false,
    logger: false,
    code: { regExp: Object.assign(linearPattern, { code: 'linearPattern' }) },
  });
  try {
    return { root: schema, validate: ajv.compile(bounded) };
  } catch (error) {
    const reason = (error as Error).message;
    throw refusal(SCHEMA_PARAM, `is no valid JSON schema: ${reason}`, 'invalid_value');
  }
}

/** What a field is filled from. */
interface Material {
  /** The answer's sentences without marks. */
  readonly sentences: readonly string[];
  readonly text: string;
  readonly cited: readonly {
    readonly url: string;
    readonly title: string;
    readonly quote: string;
    readonly number: number;
  }[];
  readonly question: string;
  readonly language: string;
  readonly abstained: boolean;
}

/**
 * Fills the schema from a cited answer.
 * @returns the JSON text, or why it cannot be filled
 */
export function jsonAnswer(
  answer: Pick<Answer, 'sentences' | 'references' | 'question' | 'language' | 'abstained'>,
  schema: JsonSchema,
): { readonly content: string } | { readonly refusal: string } {
  const sentences = answer.sentences.map(({ text }) => text);
  const unspaced = answer.language === 'zh' || answer.language === 'ja';
  const material: Material = {
    sentences,
    text: sentences.join(unspaced ? '' : ' '),
    cited: citedSources(answer.sentences, answer.references),
    question: answer.question,
    language: answer.language,
    abstained: answer.abstained,
  };
  const missing: string[] = [];
  const value = fill(schema.root, '', material, missing);
  if (missing.length > 0) {
    return {
      refusal: `The cited answer holds nothing for ${missing.join(', ')}. It is: ${material.text}`,
    };
  }
  if (!schema.validate(value)) {
    const [problem] = schema.validate.errors ?? [];
    const place = (problem?.instancePath ?? '').replaceAll('/', '.').replace(/^\./u, '');
    return {
      refusal: `The cited answer does not fit the schema: ${place} ${problem?.message ?? ''}. It is: ${material.text}`,
    };
  }
  return { content: JSON.stringify(value) };
}

function citedSources(
  sentences: readonly CitedSentence[],
  references: Answer['references'],
): Material['cited'] {
  const seen = new Set<number>();
  return sentences.flatMap(({ citations }) =>
    citations.flatMap(({ reference, quote }) => {
      const found = references[reference - 1];
      if (found === undefined || seen.has(reference)) return [];
      seen.add(reference);
      return [{ url: found.url, title: found.title, quote, number: reference }];
    }),
  );
}

const TEXT =
  /^(?:answer|text|content|summary|response|result|reply|explanation|message|description|output|答案|回答|内容|摘要|总结)$/iu;
const SOURCES = /sources?|citations?|references?|urls?|links?|来源|出处|引用/iu;

/** The value of a node; a required one that cannot be filled is named in `missing`. */
function fill(node: SchemaNode, path: string, material: Material, missing: string[]): unknown {
  const name = path.split('.').at(-1) ?? '';
  const options = Array.isArray(node['anyOf']) ? node['anyOf'].filter(isNode) : [node];
  const nullable = options.some((one) => typesOf(one).includes('null'));
  for (const option of options) {
    const [type] = typesOf(option).filter((one) => one !== 'null');
    const made = ofType(option, type, name, path, material, missing);
    if (made !== undefined) return made;
  }
  return nullable ? null : undefined;
}

function ofType(
  node: SchemaNode,
  type: string | undefined,
  name: string,
  path: string,
  material: Material,
  missing: string[],
): unknown {
  if (node['const'] !== undefined) return node['const'];
  if (Array.isArray(node['enum'])) return fromEnum(node['enum'], material);
  const hint = `${name} ${typeof node['description'] === 'string' ? node['description'] : ''}`;
  switch (type) {
    case 'object':
      return filledObject(node, path, material, missing);
    case 'array':
      return filledArray(node, name, material);
    case 'number':
    case 'integer':
      return figure(hint, type === 'integer', material);
    case 'boolean':
      return truth(name, material);
    case 'string':
      return words(name, hint, material);
    default:
      return undefined;
  }
}

function filledObject(
  node: SchemaNode,
  path: string,
  material: Material,
  missing: string[],
): unknown {
  const required = new Set(Array.isArray(node['required']) ? node['required'] : []);
  const filled: [string, unknown][] = [];
  for (const [name, child] of Object.entries(propertiesOf(node))) {
    const place = path === '' ? name : `${path}.${name}`;
    const value = fill(child, place, material, missing);
    if (value !== undefined) filled.push([name, value]);
    else if (required.has(name)) missing.push(place);
  }
  return Object.fromEntries(filled);
}

function filledArray(node: SchemaNode, name: string, material: Material): unknown {
  const items = isNode(node['items']) ? node['items'] : { type: 'string' };
  const [type] = typesOf(items);
  if (type === 'object') {
    // One object for each source, or for each sentence.
    const perSource = SOURCES.test(name);
    const parts = perSource
      ? material.cited.map((one) => ({
          ...material,
          cited: [one],
          sentences: [one.quote],
          text: one.quote,
        }))
      : material.sentences.map((text) => ({ ...material, sentences: [text], text }));
    const made = parts.map((part) => {
      const missing: string[] = [];
      const value = fill(items, name, part, missing);
      return missing.length > 0 ? undefined : value;
    });
    return made.filter((value) => value !== undefined);
  }
  if (type === 'string') {
    return SOURCES.test(name) ? material.cited.map(({ url }) => url) : [...material.sentences];
  }
  if (type === 'number' || type === 'integer') {
    if (SOURCES.test(name)) return material.cited.map(({ number }) => number);
    return figuresIn(material.text).filter((value) => type === 'number' || Number.isInteger(value));
  }
  return [];
}

function words(name: string, hint: string, material: Material): string | undefined {
  const [source] = material.cited;
  if (TEXT.test(name)) return material.text;
  if (/^(?:question|query|问题)$/iu.test(name)) return material.question;
  if (/^(?:language|lang|语言)$/iu.test(name)) return material.language;
  if (/quote|passage|snippet|evidence|引文|原文/iu.test(name)) return source?.quote;
  if (/title|标题/iu.test(name) && source !== undefined) return source.title;
  if (SOURCES.test(name)) return source?.url;
  if (material.abstained) return undefined;
  if (/date|day|when|日期|时间/iu.test(hint)) return DATE.exec(material.text)?.[0];
  if (/year|年份/iu.test(hint)) return YEAR.exec(material.text)?.[0];
  if (/unit|单位/iu.test(name)) return UNIT.exec(material.text)?.[1];
  return named(name, material);
}

const DATE =
  /\d{1,2}(?:st|nd|rd|th)? (?:January|February|March|April|May|June|July|August|September|October|November|December)(?:,? \d{4})?|(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{1,2}(?:st|nd|rd|th)?(?:, \d{4})?|\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?|\d{4}-\d{2}-\d{2}|\b(?:1\d{3}|20\d{2})\b/u;
const YEAR = /(?<![\d.,])(?:1\d{3}|20\d{2})(?![\d,.]\d)/u;
const UNIT = /(?<![\d,.])\d[\d,.]*\s*(°?[\p{L}²³%]+)/u;

const NAME =
  /(?<!^|[.!?]\s)\p{Lu}[\p{L}’'.-]+(?: (?:of |de |the |von |van )?\p{Lu}[\p{L}’'.-]+)*/gu;

/** A name in the answer that the question lacks: what was asked for, in most questions. */
function named(name: string, material: Material): string | undefined {
  const question = material.question.toLowerCase();
  const capital = [...material.text.matchAll(NAME)]
    .map(([found]) => found.replace(/(?<![.’'])[.’']+$/u, ''))
    .find((found) => !question.includes(found.toLowerCase()));
  const person =
    /name|person|who|author|director|founder|designer|inventor|winner|place|city|country|location|capital|人|名|地/iu;
  return person.test(name) ? capital : undefined;
}

function figuresIn(text: string): number[] {
  return [
    ...text.matchAll(
      /(?<![\d.,\p{L}])-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\d.,\p{L}])-?\d+(?:\.\d+)?/gu,
    ),
  ]
    .map(([found]) => Number(found.replaceAll(',', '')))
    .filter((value) => Number.isFinite(value));
}

function figure(hint: string, whole: boolean, material: Material): number | undefined {
  if (material.abstained) return undefined;
  if (/year|年/iu.test(hint)) {
    const year = YEAR.exec(material.text)?.[0];
    return year === undefined ? undefined : Number(year);
  }
  if (/confidence|probability|score|support/iu.test(hint)) return undefined;
  const known = new Set(figuresIn(material.question));
  return figuresIn(material.text).find(
    (value) => !known.has(value) && (!whole || Number.isInteger(value)),
  );
}

function truth(name: string, material: Material): boolean | undefined {
  if (/abstain|unknown|unanswer/iu.test(name)) return material.abstained;
  if (/^(?:found|answered|answerable|known|has_?answer)$/iu.test(name)) return !material.abstained;
  const [first = ''] = material.sentences;
  if (/^(?:yes|是)[,，:： ]/iu.test(first)) return true;
  if (/^(?:no|不|否)[,，:： ]/iu.test(first)) return false;
  return undefined;
}

function fromEnum(values: readonly unknown[], material: Material): unknown {
  const text = material.text.toLowerCase();
  const inText = values.filter(
    (value) => typeof value === 'string' && value !== '' && text.includes(value.toLowerCase()),
  );
  // Two of them in the answer leave it open which is meant.
  return inText.length === 1 ? inText[0] : undefined;
}
