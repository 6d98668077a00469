/** The process that reads pages: forked by `child-extractor.ts`, killed when a page hangs it. */
import type { Document, FetchedPage } from '../../src/core/nouns.ts';
import { serveChild } from '../../src/runtime/serve-child.ts';
import { extractDocument } from './extract-document.ts';

serveChild({
  extract: (page: FetchedPage): Promise<Document> => extractDocument(page),
});
