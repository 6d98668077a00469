/** The REST service as an express application; `http-server.ts` listens and drains. */
import { randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { AnswerRequest, AnswerService } from '../answer/answer-service.ts';
import { lastAnswer, returnOf } from '../answer/last-answer.ts';
import { FootnoteError, toFootnoteError, toProblem } from '../core/errors.ts';
import type { AnswerEvent } from '../core/nouns.ts';
import { lastVerification } from '../verify/last-verification.ts';
import type { VerifyService } from '../verify/verify-service.ts';
import { bearerCheck, CLIENT } from './bearer-check.ts';
import { writeChatCompletion } from './chat-completions.ts';
import { openAiError } from './chat-errors.ts';
import { listChatModels, listedModel } from './chat-models.ts';
import { readChatRequest } from './chat-request.ts';
import { crossOrigin } from './cross-origin.ts';
import { answerWire, writeEventStream } from './event-stream.ts';
import { sendPageAsset, type PageAsset } from './page-assets.ts';
import { hostCheck } from './host-check.ts';
import { jsonBody } from './json-body.ts';
import { Metrics } from './metrics.ts';
import { openApi } from './openapi.ts';
import { rateLimit } from './rate-limit.ts';
import { readResponsesRequest, writeResponse } from './responses.ts';
import { answerRequestSchema, searchRequestSchema } from './schemas.ts';
import { verifyRequestSchema } from './verify-schemas.ts';
import { verifyWire } from './verify-wire.ts';

/** Longest request body in bytes; a question has at most 4,000 characters. */
const MAX_BODY_BYTES = 64 * 1024;
/** The same for a conversation, of which the last message is the question. */
const MAX_CHAT_BYTES = 1024 * 1024;
/** The same for a text to verify, with its references. */
const MAX_VERIFY_BYTES = 8 * 1024 * 1024;
/** Routes whose clients look for OpenAI's `error` in a problem. */
const OPENAI_ROUTES: readonly string[] = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/models',
  '/v1/models/:id',
];

export interface HttpAppOptions {
  readonly service: AnswerService;
  readonly verifier: VerifyService;
  readonly logger: Logger;
  readonly version: string;
  /** Accepted bearer tokens; empty: no key is needed. */
  readonly apiKeys: readonly string[];
  /** Requests a minute of one key or address; 0: no limit. */
  readonly rateLimit: number;
  /** Origins whose pages may call; empty: none. */
  readonly corsOrigins: readonly string[];
  /** The address that is listened on. */
  readonly host: string;
  /** Names under which the service is reached beside loopback ones; `*`: any. */
  readonly allowedHosts: readonly string[];
  /** Why the service is not ready, or null when it is. */
  readonly notReady: () => string | null;
  /** Aborts all work, at the end of a drain. */
  readonly signal: AbortSignal;
  /** The files of the web page, by path. */
  readonly page: ReadonlyMap<string, PageAsset>;
}

export function createHttpApp(options: HttpAppOptions): express.Express {
  const { service, logger } = options;
  const metrics = new Metrics(() => service.load);
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);

  app.use((request, _response, next) => {
    // A base URL that ends in a slash makes `//v1/…` of a path: the same resource is meant.
    const [path = '', query] = request.url.split(/(?=\?)/u, 2);
    if (path.includes('//')) request.url = `${path.replace(/\/{2,}/gu, '/')}${query ?? ''}`;
    next();
  });
  app.use((request, response, next) => {
    const given = request.get('x-request-id');
    const id = given !== undefined && /^[\w.-]{1,100}$/u.test(given) ? given : randomUUID();
    const started = performance.now();
    response.locals['requestId'] = id;
    response.set({ 'x-request-id': id, 'x-content-type-options': 'nosniff' });
    response.on('close', () => {
      const seconds = (performance.now() - started) / 1_000;
      const route = String(response.locals['route'] ?? 'other');
      // A client that went away before the end is logged the way nginx does.
      const status = response.writableFinished ? response.statusCode : 499;
      metrics.request(route, request.method, status, seconds);
      logger.info({ requestId: id, method: request.method, route, status, seconds }, 'request');
    });
    next();
  });

  app.use(hostCheck({ ...options, keyed: options.apiKeys.length > 0 }));
  app.use(crossOrigin(options.corsOrigins));

  const route = (
    path: string,
    method: 'get' | 'post',
    ...handlers: ((request: Request, response: Response, next: NextFunction) => unknown)[]
  ): void => {
    const mark = (_: Request, response: Response, next: NextFunction): void => {
      response.locals['route'] = path;
      next();
    };
    app.route(path)[method](mark, ...handlers);
    app.route(path).all(mark, (request, response) => {
      const allow = method === 'get' ? 'GET, HEAD' : 'POST';
      response.set('allow', allow);
      throw new FootnoteError(
        'method-not-allowed',
        `${request.method} is not allowed on ${path}; use ${allow}`,
      );
    });
  };
  const authorise = [bearerCheck(options.apiKeys), rateLimit(options.rateLimit)] as const;
  const json = jsonBody(MAX_BODY_BYTES);

  route('/v1/answer', 'post', ...authorise, ...json, async (request, response) => {
    const body = parseBody(answerRequestSchema, request);
    const streamed = wantsEvents(request, body.stream === true);
    const signal = clientSignal(response, options.signal);
    const events = measured(
      service.answer(toRequest(body), { signal, client: clientOf(response) }),
      metrics,
      signal,
    );
    if (streamed) {
      await writeEventStream(response, events, answerWire, signal);
      return;
    }
    response.json((await lastAnswer(events)).answer);
  });

  route('/v1/search', 'post', ...authorise, ...json, async (request, response) => {
    const body = parseBody(searchRequestSchema, request);
    const signal = clientSignal(response, options.signal);
    const found = await returnOf(
      service.search(toRequest(body), { signal, client: clientOf(response) }),
    );
    response.json({ id: `srch_${randomUUID()}`, question: body.question, ...found });
  });

  const verifyJson = jsonBody(MAX_VERIFY_BYTES);
  route('/v1/verify', 'post', ...authorise, ...verifyJson, async (request, response) => {
    const body = parseBody(verifyRequestSchema, request);
    const streamed = wantsEvents(request, body.stream === true);
    const signal = clientSignal(response, options.signal);
    const events = options.verifier.verify(body, { signal, client: clientOf(response) });
    if (streamed) {
      await writeEventStream(response, events, verifyWire, signal);
      return;
    }
    response.json(await lastVerification(events));
  });

  const chatJson = jsonBody(MAX_CHAT_BYTES);
  route('/v1/chat/completions', 'post', ...authorise, ...chatJson, async (request, response) => {
    const chat = readChatRequest(request.body);
    const signal = clientSignal(response, options.signal);
    const events = measured(
      service.answer(chat.answer, { signal, client: clientOf(response) }),
      metrics,
      signal,
    );
    await writeChatCompletion(response, chat, events);
  });
  route('/v1/responses', 'post', ...authorise, ...chatJson, async (request, response) => {
    const asked = readResponsesRequest(request.body);
    const signal = clientSignal(response, options.signal);
    const events = measured(
      service.answer(asked.chat.answer, { signal, client: clientOf(response) }),
      metrics,
      signal,
    );
    await writeResponse(response, asked, events);
  });
  route('/v1/models', 'get', ...authorise, (_, response) => response.json(listChatModels()));
  route('/v1/models/:id', 'get', ...authorise, (request, response) =>
    response.json(listedModel(String(request.params['id']))),
  );

  const description = openApi(options.version);
  route('/openapi.json', 'get', (_, response) => response.json(description));
  route('/healthz', 'get', (_, response) => response.json({ status: 'ok' }));
  route('/readyz', 'get', (_, response) => {
    const reason = options.notReady();
    if (reason !== null) throw new FootnoteError('not-ready', reason, { retryAfterSeconds: 5 });
    response.json({ status: 'ready' });
  });
  route('/metrics', 'get', async (_, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  for (const [path, asset] of options.page) {
    route(path, 'get', (request, response) => sendPageAsset(asset, request, response));
  }

  app.use((request: Request) => {
    throw new FootnoteError('not-found', `there is nothing at ${request.path}`);
  });
  app.use((thrown: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const error = fromExpress(thrown);
    const requestId = String(response.locals['requestId']);
    // What the caller shall retry is no fault of the program: no stack.
    if (error.status >= 500 && error.retryable)
      logger.warn({ requestId, code: error.code }, error.message);
    else if (error.status >= 500) logger.error({ requestId, err: error }, error.message);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    if (error.retryAfterSeconds !== undefined) {
      response.set('retry-after', String(Math.ceil(error.retryAfterSeconds)));
    }
    if (error.code === 'unauthorized') response.set('www-authenticate', 'Bearer');
    const problem = toProblem(error, `urn:request:${requestId}`);
    const openAi = OPENAI_ROUTES.includes(String(response.locals['route']));
    response
      .status(error.status)
      .type('application/problem+json')
      .send(JSON.stringify(openAi ? { ...problem, error: openAiError(error) } : problem));
  });
  return app;
}

function parseBody<S extends z.ZodType>(schema: S, request: Request): z.infer<S> {
  const parsed = schema.safeParse(request.body);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({
    field: issue.path.join('.'),
    message: issue.message,
  }));
  throw new FootnoteError(
    'bad-request',
    issues
      .map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
      .join('; '),
    { extra: { errors: issues } },
  );
}

/**
 * Whether the client asked for Server-Sent Events, in the body or by Accept.
 * @throws FootnoteError `not-acceptable`
 */
function wantsEvents(request: Request, stream: boolean): boolean {
  const accepted = request.accepts(['application/json', 'text/event-stream']);
  if (accepted === false) {
    throw new FootnoteError(
      'not-acceptable',
      'this answers with application/json or text/event-stream',
    );
  }
  const explicit = request.get('accept')?.includes('text/event-stream') === true;
  return stream || (accepted === 'text/event-stream' && explicit);
}

function toRequest(
  body: z.infer<typeof searchRequestSchema> & Partial<z.infer<typeof answerRequestSchema>>,
): AnswerRequest {
  return {
    question: body.question,
    language: body.language,
    maxReferences: body.max_references,
    drafts: body.drafts,
    freshness: body.freshness,
    sites: body.sites,
    seed: body.seed,
    messages: body.messages,
    asker: body.asker,
  };
}

/** Who asks, for turns in the queue. */
const clientOf = (response: Response): string => String(response.locals[CLIENT]);

/** Aborts when the client goes away before its answer, and when the service stops. */
function clientSignal(response: Response, service: AbortSignal): AbortSignal {
  const controller = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) {
      controller.abort(new FootnoteError('cancelled', 'the client went away'));
    }
  });
  return AbortSignal.any([controller.signal, service]);
}

async function* measured(
  events: AsyncIterable<AnswerEvent>,
  metrics: Metrics,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent> {
  try {
    for await (const event of events) {
      if (event.type === 'answer-end') metrics.answer(event.answer);
      yield event;
    }
  } catch (error) {
    metrics.failure(toFootnoteError(error), signal.aborted);
    throw error;
  }
}

/** body-parser's own errors in our codes. */
function fromExpress(thrown: unknown): FootnoteError {
  const type = (thrown as { type?: unknown } | null)?.type;
  if (type === 'entity.parse.failed') {
    return new FootnoteError(
      'bad-json',
      `the body is not valid JSON: ${(thrown as Error).message}`,
    );
  }
  if (type === 'entity.too.large') {
    const { limit } = thrown as { readonly limit: number };
    return new FootnoteError(
      'body-too-large',
      `the body is larger than ${limit} bytes; shorten the question`,
    );
  }
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') {
    return new FootnoteError('unsupported-media-type', (thrown as Error).message);
  }
  if (typeof type === 'string' || thrown instanceof URIError) {
    return new FootnoteError('bad-request', (thrown as Error).message);
  }
  return toFootnoteError(thrown);
}
