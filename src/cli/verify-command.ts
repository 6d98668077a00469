/** `footnote verify`: checks a text from a file or stdin, for people, programs and CI. */
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { FootnoteError } from '../core/errors.ts';
import type { CallOptions } from '../core/seams.ts';
import { lastVerification } from '../verify/last-verification.ts';
import { verificationText } from '../verify/verification-text.ts';
import type { Verification, VerifiedSentence, VerifyRequest } from '../verify/verification.ts';
import type { VerifyService } from '../verify/verify-service.ts';
import type { Terminal } from './answer-printer.ts';
import { plainText } from './terminal-text.ts';

export const VERIFY_FORMATS = ['text', 'json', 'junit', 'github'] as const;
export type VerifyFormat = (typeof VERIFY_FORMATS)[number];

export interface VerifyCommandOptions extends CallOptions {
  /** Undefined or `-`: stdin. */
  readonly file: string | undefined;
  readonly urls: readonly string[];
  /** Files whose texts it is checked against. */
  readonly referenceFiles: readonly string[];
  readonly search: boolean;
  readonly question: string | undefined;
  readonly format: VerifyFormat;
}

/** Verdicts that fail a check in CI. */
const FAILING: readonly VerifiedSentence['verdict'][] = ['unsupported', 'contradicted', 'partly'];

/**
 * Prints the verification on stdout.
 * @returns false where a sentence is partly supported, unsupported or contradicted
 * @throws FootnoteError `bad-request` (files, ways to check), and as `VerifyService.verify`
 */
export async function verify(
  verifier: VerifyService,
  terminal: Terminal & { readonly stdin: Readable },
  options: VerifyCommandOptions,
): Promise<boolean> {
  const { file, format, signal } = options;
  const text =
    file === undefined || file === '-' ? await readAll(terminal.stdin) : await readText(file);
  const request: VerifyRequest = {
    text,
    question: options.question,
    ...(options.urls.length === 0 ? {} : { urls: options.urls }),
    ...(options.search ? { search: true } : {}),
    ...(options.referenceFiles.length === 0
      ? {}
      : {
          references: await Promise.all(
            options.referenceFiles.map(async (path) => ({
              title: path,
              text: await readText(path),
            })),
          ),
        }),
  };
  const made = await lastVerification(verifier.verify(request, { signal }), (event) => {
    if (event.type === 'sentence-end' && terminal.stderr.isTTY === true) {
      terminal.stderr.write(`\rchecked ${event.index + 1} of ${event.total} `);
    }
  });
  if (terminal.stderr.isTTY === true) terminal.stderr.write('\r\u001b[K');
  terminal.stdout.write(`${formatted(made, format, file ?? 'stdin', text)}\n`);
  for (const { message } of made.warnings) terminal.stderr.write(`footnote: ${message}\n`);
  return !made.sentences.some(({ verdict }) => FAILING.includes(verdict));
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new FootnoteError('bad-request', `${path} cannot be read: ${(error as Error).message}`);
  }
}

function formatted(made: Verification, format: VerifyFormat, file: string, text: string): string {
  switch (format) {
    case 'json':
      return JSON.stringify(made, null, 2);
    case 'junit':
      return junit(made, file);
    case 'github':
      return github(made, file, text);
    case 'text':
      // Pages' text must not steer the terminal.
      return plainText(verificationText(made));
  }
}

const xml = (text: string): string =>
  text
    // Control characters have no place in XML 1.0, not even escaped.
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ' ')
    .replace(/&/gu, '&amp;')
    .replace(/</gu, '&lt;')
    .replace(/>/gu, '&gt;')
    .replace(/"/gu, '&quot;');

/** One test case a sentence that claims something, as JUnit reports it. */
function junit({ sentences }: Verification, file: string): string {
  const claims = sentences.filter(({ verdict }) => verdict !== 'no-claim');
  const failed = claims.filter(({ verdict }) => FAILING.includes(verdict));
  const cases = claims.map((one) => {
    const name = xml(one.text.replace(/\s+/gu, ' ').slice(0, 200));
    if (!FAILING.includes(one.verdict))
      return `    <testcase classname="${xml(file)}" name="${name}"/>`;
    const quotes = one.citations.map(({ quote }) => `“${quote}”`).join(' ');
    return [
      `    <testcase classname="${xml(file)}" name="${name}">`,
      `      <failure message="${one.verdict}" type="${one.verdict}">${xml(quotes)}</failure>`,
      '    </testcase>',
    ].join('\n');
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="footnote verify" tests="${claims.length}" failures="${failed.length}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

/** GitHub's workflow commands: an annotation at the line of each sentence that is not held. */
function github({ sentences, summary }: Verification, file: string, text: string): string {
  const escape = (value: string): string =>
    value.replace(/%/gu, '%25').replace(/\r/gu, '%0D').replace(/\n/gu, '%0A');
  const lines = sentences
    .filter(({ verdict }) => FAILING.includes(verdict))
    .map(({ verdict, start, text: sentence }) => {
      const line = text.slice(0, start).split('\n').length;
      const level = verdict === 'partly' ? 'warning' : 'error';
      return `::${level} file=${escape(file)},line=${line},title=${verdict}::${escape(sentence)}`;
    });
  return [...lines, `${summary.supported} supported, ${lines.length} not`].join('\n');
}
