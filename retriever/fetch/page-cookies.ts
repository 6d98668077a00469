/** The cookies of one page's redirects: some sites redirect until theirs comes back. Forgotten with the fetch. */
import { CookieJar } from 'tough-cookie';

const MAX_COOKIES = 60;

export class PageCookies {
  readonly #jar = new CookieJar(undefined, { looseMode: true, rejectPublicSuffixes: true });
  #count = 0;

  /** Takes the `Set-Cookie` lines of a response; what is malformed or foreign is left out. */
  keep(url: URL, lines: readonly string[]): void {
    for (const line of lines.slice(0, 20)) {
      if (this.#count >= MAX_COOKIES) return;
      // Header bytes come as Latin-1; a cookie goes back as it came.
      const kept = this.#jar.setCookieSync(line, url.href, { ignoreError: true });
      if (kept !== undefined) this.#count += 1;
    }
  }

  /** The `Cookie` header for a URL, '' for none. */
  for(url: URL): string {
    return this.#count === 0 ? '' : this.#jar.getCookieStringSync(url.href);
  }
}
