import { type TextBlock } from './assemble-text.ts';
import { normaliseLine, normaliseVerbatim } from './normalise-text.ts';

const BULLET = /^\s*(?:[-*+•·–]|\d{1,3}[.)]|\(\w\))\s+/u;
const RULE = /^\s*[-=_*~#]{3,}\s*$/u;
const MAX_CHARS = 2_000_000;

/** True when the line breaks of a paragraph come from a fixed width, not from its author. */
function isHardWrapped(lines: readonly string[]): boolean {
  if (lines.length < 2) return false;
  const body = lines.slice(0, -1);
  const longest = Math.max(...lines.map((line) => line.trim().length));
  const full = body.filter((line) => line.trim().length >= longest * 0.7).length;
  return longest >= 30 && longest <= 130 && full >= body.length * 0.7;
}

function joinLines(lines: readonly string[]): string {
  let joined = '';
  for (const line of lines.map((part) => part.trim())) {
    if (joined === '') joined = line;
    else if (/\p{Ll}-$/u.test(joined) && /^\p{Ll}/u.test(line)) joined = joined.slice(0, -1) + line;
    else if (
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}，。、；：！？」』”]$/u.test(joined) &&
      /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}「『“]/u.test(line)
    )
      joined += line;
    else joined += ` ${line}`;
  }
  return normaliseLine(joined);
}

/** Reads plain text: paragraphs, hard-wrapped lines joined, list items a line each, underlined titles. */
export function textBlocks(source: string): readonly TextBlock[] {
  const blocks: TextBlock[] = [];
  const paragraphs = source
    .slice(0, MAX_CHARS)
    .replace(/\r\n?|\f/gu, '\n')
    .split(/\n(?:[^\S\n]*\n)+/u);
  for (const paragraph of paragraphs) {
    const lines = paragraph.split('\n').filter((line) => line.trim() !== '');
    const underlined = lines.length === 2 && RULE.test(lines[1]!) && lines[0]!.trim().length <= 100;
    if (underlined) {
      blocks.push({
        kind: 'heading',
        level: lines[1]!.trim().startsWith('=') ? 1 : 2,
        text: normaliseLine(lines[0]!),
      });
      continue;
    }
    const kept = lines.filter((line) => !RULE.test(line));
    if (kept.length === 0) continue;
    if (kept.filter((line) => BULLET.test(line)).length >= Math.max(1, kept.length * 0.3)) {
      const items: string[][] = [];
      for (const line of kept) {
        if (BULLET.test(line) || items.length === 0)
          items.push([line.replace(/^\s*[-*+•·–]\s+/u, '')]);
        else items[items.length - 1]!.push(line);
      }
      for (const item of items) blocks.push({ kind: 'item', level: 0, text: joinLines(item) });
    } else if (isHardWrapped(kept))
      blocks.push({ kind: 'paragraph', level: 0, text: joinLines(kept) });
    else if (kept.every((line) => line.length > 200)) {
      for (const line of kept)
        blocks.push({ kind: 'paragraph', level: 0, text: normaliseLine(line) });
    } else blocks.push({ kind: 'pre', level: 0, text: normaliseVerbatim(kept.join('\n')).trim() });
  }
  return blocks;
}
