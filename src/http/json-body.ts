/** JSON request bodies: parsed only when their bytes, depth and number of values are bounded. */
import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { FootnoteError } from '../core/errors.ts';

/** Objects and arrays inside each other. */
const MOST_DEPTH = 40;
/** Members and elements of the whole body. */
const MOST_VALUES = 10_000;

/** Middlewares that want a body of type JSON and parse it, at most `maxBytes` long. */
export function jsonBody(maxBytes: number): readonly RequestHandler[] {
  return [requireJson, boundedJson(maxBytes)];
}

/**
 * Parses a body as JSON whatever type it says it has, unless its shape is refused.
 * @returns a middleware; errors of the shape are FootnoteErrors, others body-parser's own
 */
export function boundedJson(maxBytes: number): RequestHandler {
  const parse = express.json({
    limit: maxBytes,
    strict: true,
    type: () => true,
    verify: (_request, _response, bytes, encoding) => {
      try {
        checkShape(bytes, encoding);
      } catch (refused) {
        // body-parser writes to what is thrown here, which only a plain error bears.
        throw Object.assign(new Error((refused as Error).message), { refused });
      }
    },
  });
  return (request, response, next) => {
    parse(request, response, (thrown?: unknown) => {
      next((thrown as { refused?: FootnoteError } | undefined)?.refused ?? thrown);
    });
  };
}

function requireJson(request: Request, _: Response, next: NextFunction): void {
  if (request.is('application/json') === false || request.get('content-type') === undefined) {
    throw new FootnoteError(
      'unsupported-media-type',
      `send the body as application/json, not ${request.get('content-type') ?? 'without a content type'}`,
    );
  }
  next();
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * One pass over the bytes, so that nothing that recurses over values, and nothing that makes an object for
 * each of them, meets more than it can bear. What is no JSON at all is left to the parser.
 * @throws FootnoteError `bad-request`, `unsupported-media-type`
 */
export function checkShape(bytes: Uint8Array, encoding: string): void {
  if (encoding.toLowerCase() !== 'utf-8') {
    throw new FootnoteError('unsupported-media-type', `send JSON in UTF-8, not in ${encoding}`);
  }
  let depth = 0;
  let values = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === COMMA) {
      values += 1;
    } else if (OPENING.has(byte)) {
      depth += 1;
      values += 1;
      if (depth > MOST_DEPTH) {
        throw new FootnoteError(
          'bad-request',
          `the body is nested deeper than ${MOST_DEPTH} levels`,
        );
      }
    } else if (CLOSING.has(byte)) {
      depth -= 1;
    }
    if (values > MOST_VALUES) {
      throw new FootnoteError('bad-request', `the body has more than ${MOST_VALUES} values`);
    }
  }
}
