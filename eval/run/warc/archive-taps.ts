/** The two taps between the pipeline and the web: one records, the other answers from a recording. */
import type { PageRenderer, ProviderChain, WebTap } from '../../../src/composition/web-seams.ts';
import { toFootnoteError } from '../../../src/core/errors.ts';
import type { FetchedPage } from '../../../src/core/nouns.ts';
import type { CallOptions } from '../../../src/core/seams.ts';
import { questionInHand } from './archive-question.ts';
import type { CallRecord } from './archive-record.ts';
import type { ArchiveWriter } from './archive-writer.ts';
import { searchKey } from './search-key.ts';
import type { WebArchive } from './web-archive.ts';

/** Passes every call on and writes down what came, failures too. */
export function recordingTap(writer: ArchiveWriter): WebTap {
  /** Tells failures apart by their code, and gives them on as they were. */
  const recorded = async <T>(
    kind: CallRecord['kind'],
    key: string,
    work: () => Promise<T>,
    keep: (call: Pick<CallRecord, 'kind' | 'key' | 'question'>, came: T) => void,
  ): Promise<T> => {
    const call = { kind, key, question: questionInHand() };
    try {
      const came = await work();
      keep(call, came);
      return came;
    } catch (thrown) {
      const { code, message, stage, retryAfterSeconds } = toFootnoteError(thrown, 'fetch-failed');
      writer.writeCall({ ...call, failure: { code, message, stage, retryAfterSeconds } });
      throw thrown;
    }
  };
  const keepPage = (
    call: Pick<CallRecord, 'kind' | 'key' | 'question'>,
    page: FetchedPage,
  ): void => {
    writer.writePage(call, page);
  };
  return {
    offline: false,
    search: ({ providers, merge }): ProviderChain => {
      writer.writeInfo({ providers: providers.map(({ name }) => name), merge });
      return {
        merge,
        providers: providers.map((live) => ({
          name: live.name,
          search: (query, options: CallOptions) =>
            recorded(
              'search',
              searchKey(live.name, query),
              () => live.search(query, options),
              (call, results) => {
                writer.writeSearch(call, results);
              },
            ),
          prepare: async (options) => {
            await live.prepare?.(options);
          },
          indexed: () => live.indexed?.() ?? null,
          // The router closes what its providers hold.
          close: async () => {
            if ('close' in live && typeof live.close === 'function') await live.close();
          },
        })),
      };
    },
    fetcher: (live) => ({
      fetch: (url, options) => recorded('fetch', url, () => live.fetch(url, options), keepPage),
    }),
    renderer: (live): PageRenderer => ({
      render: (url, options) => recorded('render', url, () => live.render(url, options), keepPage),
    }),
  };
}

/** Answers from a recording; the web behind it is never touched. */
export function replayTap(archive: WebArchive): WebTap {
  const page = (kind: 'fetch' | 'render') => (url: string) =>
    new Promise<FetchedPage>((resolve) => {
      resolve(archive.page(kind, url));
    });
  return {
    offline: true,
    search: () => ({
      merge: archive.chain.merge,
      providers: archive.chain.providers.map((name) => ({
        name,
        search: (query) =>
          new Promise((resolve) => {
            resolve(archive.results(searchKey(name, query)));
          }),
      })),
    }),
    fetcher: () => ({ fetch: page('fetch') }),
    renderer: () => ({ render: page('render') }),
  };
}
