/** How configured values are read, however container files, shells and people wrote them. */
import { z } from 'zod';

/** Blanks, line ends and one pair of quotes around a value are the file's, not the value's. */
function cleanValue(text: string): string {
  const trimmed = text.trim();
  const quoted = /^(["'])(.*)\1$/su.exec(trimmed);
  return quoted === null ? trimmed : quoted[2]!.trim();
}

const clean = (value: unknown): unknown => (typeof value === 'string' ? cleanValue(value) : value);

/** `100_000`, `100,000`. */
const plainNumber = (value: unknown): unknown => {
  const text = clean(value);
  return typeof text === 'string' && /^\d{1,3}(?:[_,]\d{3})+$/u.test(text)
    ? text.replace(/[_,]/gu, '')
    : text;
};

export const text = z.preprocess(clean, z.string());

/** A base URL; `host:port` alone is plain HTTP. */
export const address = z.preprocess(
  (value) => {
    const given = clean(value);
    if (typeof given !== 'string' || given === '' || given.includes('://')) return given;
    return /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?:\/\S*)?$/iu.test(given)
      ? `http://${given}`
      : given;
  },
  z.url({ protocol: /^https?$/u, error: 'must be a URL such as http://127.0.0.1:8888' }),
);

export const list = z.preprocess(
  clean,
  z.union([
    z.array(z.string()),
    z.string().transform((value) =>
      value
        .split(',')
        .map(cleanValue)
        .filter((part) => part !== ''),
    ),
  ]),
);

export const integer = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  z.preprocess(plainNumber, z.coerce.number().int().min(least).max(most));

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

export const boolean = z.preprocess(
  (value) => {
    const given = clean(value);
    return typeof given === 'string' ? (WORDS[given.toLowerCase()] ?? given) : given;
  },
  z.boolean({ error: 'must be true or false' }),
);

/** One of several words, in any case. */
export const oneOf = <const Word extends string>(words: readonly Word[]) =>
  z.preprocess((value) => {
    const given = clean(value);
    return typeof given === 'string' ? given.toLowerCase() : given;
  }, z.enum(words));

/** A URL as it may be shown: user and password replaced. Other values as they are. */
export function shownValue(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(/([a-z][a-z\d+.-]*:\/\/)[^/\s@]*@/giu, '$1***@');
}
