/**
 * A Node peer of the extraction bench, in a process of its own so that its peak memory is its own:
 * `node --import tsx node-peer.ts footnote|readability-jsdom|defuddle`, JSON Lines as `python-peer.py`.
 */
import { createInterface } from 'node:readline';

type Extract = (html: string, url: string) => Promise<string>;

/** Each library loaded only where it is measured: an absent one ends that process, not the bench. */
const PEERS: Readonly<Record<string, () => Promise<Extract>>> = {
  footnote: async () => {
    const { extractDocument } = await import('../../../../retriever/extract/extract-document.ts');
    return async (html, url) => {
      const document = await extractDocument({
        url,
        finalUrl: url,
        status: 200,
        contentType: 'text/html; charset=utf-8',
        body: Buffer.from(html),
        fetchedAt: '2026-01-01T00:00:00Z',
        rendered: false,
        lastModified: null,
      });
      return document.text;
    };
  },
  'readability-jsdom': async () => {
    const { JSDOM, VirtualConsole } = await import('jsdom');
    const { Readability } = await import('@mozilla/readability');
    return (html, url) => {
      const dom = new JSDOM(html, { url, virtualConsole: new VirtualConsole() });
      try {
        return Promise.resolve(new Readability(dom.window.document).parse()?.textContent ?? '');
      } finally {
        dom.window.close();
      }
    };
  },
  defuddle: async () => {
    const { Defuddle } = await import('defuddle/node');
    const { parseHTML } = await import('linkedom');
    return async (html, url) => {
      const { content } = await Defuddle(parseHTML(html).document, url);
      // Its answer is HTML: the text of its blocks, so that words are not glued together.
      const parts: string[] = [];
      const visit = (node: Node): void => {
        if (node.nodeType === 3) parts.push(node.nodeValue ?? '');
        for (const child of node.childNodes) visit(child);
        if (/^(?:P|DIV|LI|H\d|TD|TR|BLOCKQUOTE|PRE|BR)$/u.test(node.nodeName)) parts.push('\n');
      };
      visit(parseHTML(`<html><body>${content}</body></html>`).document.body);
      return parts.join('');
    };
  },
};

const name = process.argv[2] ?? '';
const extract = await PEERS[name]?.();
if (extract === undefined) throw new Error(`no peer is called "${name}"`);
const say = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};
// Libraries that print to the terminal must not print into the answers.
console.log = console.error;
say({ ready: name });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, html, url } = JSON.parse(line) as { id: string; html: string; url: string };
  const started = performance.now();
  let text = '';
  let error: string | null = null;
  try {
    text = await extract(html, url);
  } catch (problem) {
    error = (problem as Error).message;
  }
  say({ id, text, ms: performance.now() - started, error });
}
say({ peakBytes: process.resourceUsage().maxRSS * 1024 });
