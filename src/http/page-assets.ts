/** The web page's files: its HTML and style sheets as they stand, its modules as the build made them. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Request, Response } from 'express';
import { FootnoteError } from '../core/errors.ts';
import { packageRoot } from '../core/package-root.ts';
import { PAGE_POLICY } from './page-policy.ts';

export interface PageAsset {
  readonly type: string;
  readonly body: Buffer;
  readonly gzip: Buffer;
  readonly etag: string;
}

function asset(file: string, type: string): PageAsset {
  const body = readFileSync(file);
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return { type, body, gzip: gzipSync(body, { level: 9 }), etag: `"${hash}"` };
}

/**
 * Files by the path they are served at: `/`, `/web/*.css`, `/web/*.js`.
 * @throws FootnoteError `config-invalid` when the program was not built
 */
export function loadPageAssets(): ReadonlyMap<string, PageAsset> {
  const source = join(packageRoot, 'src/web');
  const built = join(packageRoot, 'dist/src/web');
  if (!existsSync(join(built, 'page.js'))) {
    throw new FootnoteError('config-invalid', 'the web page is not built: run `npm run build`');
  }
  return new Map([
    ['/', asset(join(source, 'page.html'), 'text/html; charset=utf-8')],
    ...readdirSync(source)
      .filter((name) => name.endsWith('.css'))
      .map(
        (name) => [`/web/${name}`, asset(join(source, name), 'text/css; charset=utf-8')] as const,
      ),
    ...readdirSync(built)
      .filter((name) => name.endsWith('.js'))
      .map(
        (name) =>
          [`/web/${name}`, asset(join(built, name), 'text/javascript; charset=utf-8')] as const,
      ),
  ]);
}

/** Sends one file, compressed where the client takes it, 304 where it has it (RFC 9110, 13.1.2). */
export function sendPageAsset(page: PageAsset, request: Request, response: Response): void {
  response.set({
    'content-type': page.type,
    'cache-control': 'no-cache',
    vary: 'accept-encoding',
    etag: page.etag,
  });
  if (page.type.startsWith('text/html')) {
    response.set({
      'content-security-policy': PAGE_POLICY,
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
  }
  if (request.get('if-none-match') === page.etag) {
    response.status(304).end();
    return;
  }
  const zipped = request.acceptsEncodings('gzip', 'identity') === 'gzip';
  if (zipped) response.set('content-encoding', 'gzip');
  response.end(zipped ? page.gzip : page.body);
}
