/**
 * Pages that are empty without their scripts, read through a shared browser. Every request of the
 * page passes the guard (see `guarded-proxy.ts`); what a reader of text does not need is not loaded.
 */
import PQueue from 'p-queue';
import type { BrowserContext, Page, Route } from 'playwright-core';
import { deadline, orAbort } from '../../src/core/deadline.ts';
import { FootnoteError, toFootnoteError } from '../../src/core/errors.ts';
import type { FetchedPage } from '../../src/core/nouns.ts';
import type { CallOptions } from '../../src/core/seams.ts';
import { checkUrl } from './guard.ts';
import type { GuardedDispatcher } from './guarded-dispatcher.ts';
import { requireAllowed } from './http-exchange.ts';
import type { Robots } from './robots.ts';
import { SharedBrowser } from './shared-browser.ts';

const NEEDED = new Set(['document', 'script', 'xhr', 'fetch', 'stylesheet']);
const MAX_REQUESTS = 150;
const MAX_NAVIGATIONS = 3;
/** So much text, and the page counts as built. */
const ENOUGH_TEXT = 600;

export interface RendererOptions {
  readonly dispatcher: GuardedDispatcher;
  /** Null only for the user's own sites (`ignoreRobots`). */
  readonly robots: Robots | null;
  readonly chromiumPath?: string | undefined;
  /** Largest serialised DOM in bytes. */
  readonly maxBytes: number;
  /** One page, waiting for a free place included. */
  readonly timeoutMs: number;
  /** How long scripts may go on after the document is there. */
  readonly settleMs?: number | undefined;
  /** Pages open at a time. */
  readonly maxPages?: number | undefined;
  readonly idleMs?: number | undefined;
}

export class Renderer {
  readonly #options: RendererOptions;
  readonly #browser: SharedBrowser;
  readonly #queue: PQueue;

  constructor(options: RendererOptions) {
    this.#options = options;
    this.#browser = new SharedBrowser(options);
    this.#queue = new PQueue({ concurrency: options.maxPages ?? 2 });
  }

  /** Is a browser process up? For `doctor` and tests. */
  get isRunning(): boolean {
    return this.#browser.isRunning;
  }

  /**
   * Opens the page in the browser, lets its scripts run, and gives the DOM as HTML in UTF-8.
   * @throws FootnoteError `render-unavailable` (no browser: a warning upstream), `url-refused`,
   *   `robots-disallowed`, `http-status`, `page-too-large`, `fetch-failed`, `timeout`, `cancelled`
   */
  async render(url: string, options: CallOptions): Promise<FetchedPage> {
    const limit = deadline(this.#options.timeoutMs, options.signal, 'render');
    try {
      const target = URL.canParse(url) ? new URL(url) : null;
      if (target === null) throw new FootnoteError('url-refused', `"${url}" is not a valid URL`);
      requireAllowed(target, this.#options.dispatcher);
      await this.#options.robots?.requireAllowed(target, { signal: limit.signal });
      const work = this.#queue.add(() => this.#renderTwice(target, limit.signal), {
        signal: limit.signal,
      });
      return await orAbort(work, limit.signal);
    } catch (error) {
      throw asRenderError(error, url);
    } finally {
      limit.clear();
    }
  }

  /** Closes the browser. */
  close(): Promise<void> {
    return this.#browser.close();
  }

  /** A browser that dies under a page is started anew, once. */
  async #renderTwice(url: URL, signal: AbortSignal): Promise<FetchedPage> {
    try {
      return await this.#renderOnce(url, signal);
    } catch (error) {
      if (signal.aborted || error instanceof FootnoteError || !isCrash(error)) throw error;
      return await this.#renderOnce(url, signal);
    }
  }

  #renderOnce(url: URL, signal: AbortSignal): Promise<FetchedPage> {
    return this.#browser.withContext(async (context) => {
      // Whatever is under way in the page ends with its context; `withContext` closes it.
      const page = await orAbort(this.#preparePage(context), signal);
      return await orAbort(this.#read(page, url), signal);
    });
  }

  async #preparePage(context: BrowserContext): Promise<Page> {
    let requests = 0;
    let navigations = 0;
    await context.routeWebSocket(/.*/u, (socket) => {
      void socket.close();
    });
    // The flags keep these from going around the proxy; without them pages fail sooner and cleaner.
    await context.addInitScript(() => {
      for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport']) {
        Reflect.deleteProperty(globalThis, name);
      }
    });
    const page = await context.newPage();
    context.on('page', (popup) => {
      if (popup !== page) void popup.close().catch(() => undefined);
    });
    page.on('dialog', (dialog) => {
      void dialog.dismiss().catch(() => undefined);
    });
    const isWanted = async (route: Route): Promise<boolean> => {
      const request = route.request();
      requests += 1;
      if (requests > MAX_REQUESTS || !NEEDED.has(request.resourceType())) return false;
      if (!checkUrl(request.url(), this.#options.dispatcher.policy).allowed) return false;
      if (request.resourceType() !== 'document') return true;
      // Frames are not read; where the page itself goes is up to robots.txt as for any page.
      if (request.frame() !== page.mainFrame()) return false;
      navigations += 1;
      if (navigations > MAX_NAVIGATIONS) return false;
      await this.#options.robots?.requireAllowed(new URL(request.url()), {
        signal: AbortSignal.timeout(this.#options.timeoutMs),
      });
      return true;
    };
    await context.route(/.*/u, async (route) => {
      const wanted = await isWanted(route).catch(() => false);
      // The page may be gone by now.
      await (wanted ? route.continue() : route.abort('blockedbyclient')).catch(() => undefined);
    });
    return page;
  }

  async #read(page: Page, url: URL): Promise<FetchedPage> {
    const { timeoutMs, settleMs = 2_500, maxBytes } = this.#options;
    const response = await page.goto(url.href, {
      waitUntil: 'domcontentloaded',
      timeout: timeoutMs,
    });
    const status = response?.status() ?? 200;
    if (status >= 400) {
      throw new FootnoteError('http-status', `${url.host} answered the browser: HTTP ${status}`, {
        extra: { http_status: status },
      });
    }
    const settled = { timeout: settleMs };
    await Promise.race([
      page.waitForLoadState('networkidle', settled).catch(() => undefined),
      page
        .waitForFunction(
          (enough) =>
            document.readyState === 'complete' &&
            (document.body?.innerText.trim().length ?? 0) >= enough,
          ENOUGH_TEXT,
          { ...settled, polling: 100 },
        )
        .catch(() => new Promise(() => undefined)),
    ]);
    const body = Buffer.from(await page.content(), 'utf8');
    if (body.length > maxBytes) {
      throw new FootnoteError('page-too-large', `the page is larger than ${maxBytes} bytes`);
    }
    const finalUrl = page.url();
    return {
      url: url.href,
      finalUrl: checkUrl(finalUrl, this.#options.dispatcher.policy).allowed ? finalUrl : url.href,
      status,
      // The DOM's own <meta charset> may name what the page was once written in.
      contentType: 'text/html; charset=utf-8',
      body,
      fetchedAt: new Date().toISOString(),
      rendered: true,
      lastModified: null,
    };
  }
}

function isCrash(error: unknown): boolean {
  return /has been closed|Target closed|crashed|disconnected|Browser closed/iu.test(String(error));
}

function asRenderError(error: unknown, url: string): FootnoteError {
  if (error instanceof FootnoteError) {
    return error.stage === undefined
      ? new FootnoteError(error.code, error.message, {
          stage: 'render',
          ...(error.extra === undefined ? {} : { extra: error.extra }),
        })
      : error;
  }
  const message = toFootnoteError(error).message.split('\n', 1)[0] ?? '';
  if ((error as Error).name === 'TimeoutError') {
    return new FootnoteError('timeout', `${url}: ${message}`, { stage: 'render', cause: error });
  }
  return new FootnoteError('fetch-failed', `${url}: ${message}`, {
    stage: 'render',
    cause: error,
  });
}
