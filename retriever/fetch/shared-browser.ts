/**
 * One Chromium for all pages: started when first needed, restarted after a crash, stopped when idle.
 * All its traffic is forced through the guarded proxy, loopback included.
 */
import type { Browser, BrowserContext } from 'playwright-core';
import { FootnoteError } from '../../src/core/errors.ts';
import { findChromium } from './find-chromium.ts';
import type { GuardedDispatcher } from './guarded-dispatcher.ts';
import { startGuardedProxy, type GuardedProxy } from './guarded-proxy.ts';
import { USER_AGENT } from './user-agent.ts';

const ARGUMENTS = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-domain-reliability',
  '--dns-prefetch-disable',
  // No UDP but through the proxy, which speaks none: WebRTC and WebTransport cannot go around it.
  '--webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--disable-blink-features=WebTransport',
  // Names are the proxy's business; a lookup by the browser itself finds nothing.
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];
const LAUNCH_TIMEOUT_MS = 20_000;

export interface SharedBrowserOptions {
  readonly dispatcher: GuardedDispatcher;
  readonly chromiumPath?: string | undefined;
  /** The browser is closed after this long without a page. */
  readonly idleMs?: number | undefined;
}

interface Running {
  readonly browser: Browser;
  readonly proxy: GuardedProxy;
}

export class SharedBrowser {
  readonly #options: SharedBrowserOptions;
  #running: Promise<Running> | undefined;
  #pages = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: SharedBrowserOptions) {
    this.#options = options;
  }

  /** Is a browser process up (or coming up)? */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Runs `work` with a fresh, empty context, which is closed afterwards whatever happens.
   * @throws FootnoteError `render-unavailable` when no browser is installed or it does not start
   */
  async withContext<T>(work: (context: BrowserContext) => Promise<T>): Promise<T> {
    clearTimeout(this.#idle);
    this.#pages += 1;
    try {
      const { browser } = await this.#start();
      const context = await browser.newContext({
        serviceWorkers: 'block',
        acceptDownloads: false,
        viewport: { width: 1_280, height: 2_000 },
        userAgent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36 ${USER_AGENT}`,
      });
      try {
        return await work(context);
      } finally {
        // A page that hangs may hang its own closing; the next question must not wait for it.
        await Promise.race([context.close().catch(() => undefined), pause(1_000)]);
        if (browser.contexts().includes(context)) await this.close();
      }
    } finally {
      this.#pages -= 1;
      if (this.#pages === 0) this.#closeWhenIdle();
    }
  }

  /** Stops the browser; the next page starts another. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const running = this.#running;
    this.#running = undefined;
    const { browser, proxy } = (await running?.catch(() => undefined)) ?? {};
    await Promise.race([browser?.close().catch(() => undefined), pause(5_000)]);
    await proxy?.close();
  }

  #start(): Promise<Running> {
    if (this.#running === undefined) {
      const running: Promise<Running> = this.#launch(() => {
        if (this.#running === running) this.#running = undefined;
      });
      this.#running = running;
    }
    return this.#running;
  }

  /** @param onEnd called when the browser is gone, or did not come up */
  async #launch(onEnd: () => void): Promise<Running> {
    try {
      const running = await this.#open();
      running.browser.on('disconnected', () => {
        onEnd();
        void running.proxy.close();
      });
      if (!running.browser.isConnected()) onEnd();
      return running;
    } catch (error) {
      onEnd();
      throw error;
    }
  }

  async #open(): Promise<Running> {
    const executablePath = findChromium(this.#options.chromiumPath);
    if (executablePath === null) {
      throw new FootnoteError(
        'render-unavailable',
        this.#options.chromiumPath === undefined
          ? 'no Chromium was found: install one (Debian: apt install chromium) or set FOOTNOTE_CHROMIUM'
          : `there is no browser at ${this.#options.chromiumPath} (FOOTNOTE_CHROMIUM)`,
        { stage: 'render' },
      );
    }
    // Loaded only when a page needs it: it is large.
    const { chromium } = await import('playwright-core');
    const proxy = await startGuardedProxy(this.#options.dispatcher);
    try {
      const browser = await chromium.launch({
        executablePath,
        headless: true,
        // Chromium refuses its sandbox to root; anybody else gets it.
        chromiumSandbox: process.getuid?.() !== 0,
        args: ARGUMENTS,
        proxy: { server: `http://127.0.0.1:${proxy.port}`, bypass: '<-loopback>' },
        timeout: LAUNCH_TIMEOUT_MS,
        // The service drains by itself on these.
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      });
      return { browser, proxy };
    } catch (error) {
      await proxy.close();
      throw new FootnoteError(
        'render-unavailable',
        `${executablePath} did not start: ${(error as Error).message.split('\n', 1)[0]}`,
        { stage: 'render', cause: error },
      );
    }
  }

  #closeWhenIdle(): void {
    this.#idle = setTimeout(() => {
      void this.close();
    }, this.#options.idleMs ?? 60_000);
    this.#idle.unref();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
