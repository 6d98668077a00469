/**
 * A text that somebody wrote, taken apart into what it claims: sentences, list items, cells of tables,
 * each with the references that it names. Markdown is read as such; time is linear in the text.
 */
import { splitSentences } from '../../src/core/sentences.ts';

/** One stretch of the text. The spans are in order; only white space lies between them. */
interface TextClaim {
  readonly start: number;
  readonly end: number;
  readonly kind: 'sentence' | 'heading' | 'table-row' | 'code' | 'source';
  /** The sentence without Markdown, bullets and marks. Empty where nothing is claimed. */
  readonly claim: string;
  /** Labels of the references that the sentence names, as in `[2]`, `[^note]`, `【3†source】` or `³`. */
  readonly labels: readonly string[];
  /** Of a row: its cells under their headers. */
  readonly cells: readonly TableCell[];
}

export interface TableCell {
  /** The first cell of the row: what the row is about. */
  readonly row: string;
  readonly column: string;
  readonly value: string;
}

export interface TextClaims {
  readonly claims: readonly TextClaim[];
  /** URLs of the text's own list of sources and footnotes, by label. */
  readonly sources: Readonly<Record<string, string>>;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/u;
const HEADING = /^ {0,3}#{1,6}(?:\s|$)/u;
const RULE = /^ {0,3}(?:[-*_]\s*){3,}$/u;
const TABLE_LINE = /^\s*\|.*\|\s*$/u;
const TABLE_RULE = /^\s*\|[\s:|-]+\|\s*$/u;
/** `[^1]: …`, `[1]: https://…`, `[1] https://…`, `1. https://…`: a source, no statement. */
const SOURCE =
  /^\s*(?:[-*]\s+)?(?:\[\^?([\w-]{1,40})\]:?|(\d{1,3})[.):])\s+(?:[^\n]{0,300}?)(https?:\/\/[^\s<>()]+)/u;
const FOOTNOTE = /^\s*\[\^([\w-]{1,40})\]:\s*(.*)$/u;
const MARK =
  /\[\^([\w-]{1,40})\]|\[(\d{1,3}(?:\s*[,;，、–-]\s*\d{1,3})*)\](?![(\w])|【(\d{1,3})(?::\d{1,5})?(?:†[^】]{0,80})?】/gu;
/** Superscript figures are marks after a stop or a closing sign; after a letter they may be a power. */
const SUPERSCRIPT = /(?<=[.,;:!?。，；：！？)\]"”’»])[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}/gu;
const DIGITS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

export function textClaims(text: string): TextClaims {
  const claims: TextClaim[] = [];
  const sources: Record<string, string> = {};
  let header: readonly string[] | null = null;
  for (const block of blocks(text)) {
    const content = text.slice(block.start, block.end);
    if (block.kind !== 'table-row') header = null;
    switch (block.kind) {
      case 'source': {
        const found = SOURCE.exec(content);
        const label = found?.[1] ?? found?.[2];
        if (label !== undefined && found?.[3] !== undefined) sources[label] = trimUrl(found[3]);
        claims.push(silent(text, block, 'source'));
        break;
      }
      case 'code':
      case 'heading':
        claims.push(silent(text, block, block.kind));
        break;
      case 'table-row': {
        const cells = splitRow(content);
        if (header === null || TABLE_RULE.test(content)) {
          header ??= cells.map(plainText);
          claims.push(silent(text, block, 'table-row'));
          break;
        }
        claims.push(rowClaim(text, block, cells, header));
        break;
      }
      case 'sentence':
        for (const span of splitSentences(content)) {
          claims.push(sentenceClaim(text, block.start + span.start, block.start + span.end));
        }
    }
  }
  return { claims, sources };
}

interface Block {
  readonly start: number;
  readonly end: number;
  readonly kind: TextClaim['kind'];
}

/** Lines of one kind together; prose keeps its paragraphs, which `splitSentences` parts. */
function* blocks(text: string): Generator<Block> {
  let prose: number | null = null;
  let fence: { readonly mark: string; readonly start: number } | null = null;
  let at = 0;
  for (const line of text.split('\n')) {
    const end = at + line.length;
    const next = end + 1;
    const kind = kindOf(line);
    if (fence !== null) {
      const closes = FENCE.exec(line)?.[1]?.startsWith(fence.mark) === true;
      if (closes) {
        yield { start: fence.start, end, kind: 'code' };
        fence = null;
      }
    } else if (kind === 'prose') {
      prose ??= at;
    } else {
      if (prose !== null) yield { start: prose, end: at, kind: 'sentence' };
      prose = null;
      if (kind === 'fence') fence = { mark: FENCE.exec(line)?.[1] ?? '```', start: at };
      else yield { start: at, end, kind };
    }
    at = next;
  }
  if (fence !== null) yield { start: fence.start, end: text.length, kind: 'code' };
  if (prose !== null) yield { start: prose, end: text.length, kind: 'sentence' };
}

function kindOf(line: string): 'prose' | 'fence' | Exclude<TextClaim['kind'], 'sentence'> {
  if (FENCE.test(line)) return 'fence';
  if (HEADING.test(line) || RULE.test(line)) return 'heading';
  if (TABLE_LINE.test(line)) return 'table-row';
  return line.length < 2_000 && (SOURCE.test(line) || isFootnoteOfUrl(line)) ? 'source' : 'prose';
}

/** A footnote that is a source and not a remark. */
const isFootnoteOfUrl = (line: string): boolean =>
  /https?:\/\//u.test(FOOTNOTE.exec(line)?.[2] ?? '');

const trimUrl = (url: string): string => url.replace(/[.,;:!?'"\]>]+$/u, '');

function silent(text: string, block: Block, kind: TextClaim['kind']): TextClaim {
  const { start, end } = trimmed(text, block.start, block.end);
  return { start, end, kind, claim: '', labels: [], cells: [] };
}

function sentenceClaim(text: string, from: number, to: number): TextClaim {
  const { start, end } = trimmed(text, from, to);
  const source = text.slice(start, end);
  const { bare, labels } = takeMarks(source);
  // A question asks, it claims nothing.
  const claim = /[?？]["'”’)]*$/u.test(bare.trim()) ? '' : plainText(bare);
  return { start, end, kind: 'sentence', claim, labels, cells: [] };
}

function rowClaim(
  text: string,
  block: Block,
  cells: readonly string[],
  header: readonly string[],
): TextClaim {
  const { start, end } = trimmed(text, block.start, block.end);
  const { labels } = takeMarks(text.slice(start, end));
  const [row = '', ...values] = cells.map((cell) => plainText(takeMarks(cell).bare));
  const filled = values.flatMap((value, index): TableCell[] =>
    /[\p{L}\p{N}]/u.test(value) ? [{ row, column: header[index + 1] ?? '', value }] : [],
  );
  const claim = filled
    .map(({ column, value }) => `${row}${column === '' ? '' : `, ${column}`}: ${value}`)
    .join('; ');
  return { start, end, kind: 'table-row', claim, labels, cells: filled };
}

/** Cells of `| a | b |`; an escaped bar stays in its cell. */
function splitRow(line: string): string[] {
  return line
    .trim()
    .replace(/^\|/u, '')
    .replace(/\|$/u, '')
    .split(/(?<!\\)\|/u)
    .map((cell) => cell.replaceAll('\\|', '|').trim());
}

/** Marks inside code spans are code: `xs[1]`. */
function takeMarks(source: string): { readonly bare: string; readonly labels: string[] } {
  const labels: string[] = [];
  const bare = source
    .split(/(`[^`\n]{1,300}`)/u)
    .map((part, index) => (index % 2 === 1 ? part : takeFrom(part, labels)))
    .join('');
  return { bare, labels: [...new Set(labels)] };
}

function takeFrom(prose: string, labels: string[]): string {
  return prose
    .replace(
      MARK,
      (_, note: string | undefined, list: string | undefined, han: string | undefined) => {
        if (note !== undefined) labels.push(note);
        else if (han !== undefined) labels.push(String(Number(han)));
        else labels.push(...numbersOf(list ?? ''));
        return '';
      },
    )
    .replace(SUPERSCRIPT, (figures) => {
      labels.push(
        String(
          Number(
            figures
              .split('')
              .map((figure) => DIGITS.indexOf(figure))
              .join(''),
          ),
        ),
      );
      return '';
    });
}

/** `1, 3` names two, `2-5` names four. */
function numbersOf(list: string): string[] {
  return list.split(/[,;，、]/u).flatMap((part) => {
    const [from = 0, to = from] = part.split(/[–-]/u).map(Number);
    return Array.from({ length: Math.max(1, Math.min(50, to - from + 1)) }, (_, index) =>
      String(from + index),
    );
  });
}

/** Markdown's own signs, links and bullets away: what a reader of the rendered text reads. */
function plainText(source: string): string {
  return source
    .replace(/^\s*(?:[-*+•]\s+|\d{1,3}[.)]\s+|>\s*)+/u, '')
    .replace(/!\[([^\]\n]{0,300})\]\([^)\s]{0,2000}\)/gu, '')
    .replace(/\[([^\]\n]{1,300})\]\([^)\s]{0,2000}(?:\s"[^"\n]{0,200}")?\)/gu, '$1')
    .replace(/(?<![\w*])(\*{1,3}|_{1,3})(?=\S)|(?<=\S)(\*{1,3}|_{1,3})(?![\w*])/gu, '')
    .replace(/`([^`\n]{1,300})`/gu, '$1')
    .replace(/\s+/gu, ' ')
    .trim();
}

function trimmed(text: string, from: number, to: number): { start: number; end: number } {
  let start = from;
  let end = to;
  while (start < end && /\s/u.test(text.charAt(start))) start += 1;
  while (end > start && /\s/u.test(text.charAt(end - 1))) end -= 1;
  return { start, end };
}
