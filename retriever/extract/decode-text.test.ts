import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/core/package-root.ts';
import { decodeText, prescanEncoding } from './decode-text.ts';

const CONFORMANCE = join(packageRoot, '../shared/data/conformance/html-encoding-sniff.jsonl.gz');

describe('decodeText', () => {
  it('takes 0x80 in windows-1252 for the euro sign', () => {
    expect(decodeText(Uint8Array.of(0x31, 0x80), 'text/html; charset=iso-8859-1').text).toBe('1€');
  });

  it('prefers the byte order mark, then the header, then the declaration', () => {
    const bytes = iconv.encode('<meta charset=big5>é', 'iso-8859-1');
    expect(decodeText(bytes, 'text/html; charset=windows-1252')).toMatchObject({
      encoding: 'windows-1252',
      source: 'header',
    });
    expect(
      decodeText(iconv.encode('水車', 'utf-16le', { addBOM: true }), 'text/html; charset=gbk'),
    ).toMatchObject({ text: '水車', encoding: 'utf-16le', source: 'bom' });
    expect(
      decodeText(
        iconv.encode('<?xml version="1.0" encoding="koi8-r"?><p>мельница</p>', 'koi8-r'),
        null,
      ),
    ).toMatchObject({ encoding: 'koi8-r', source: 'declared' });
  });

  it('believes valid UTF-8 over a wrong header and detects what claims UTF-8 but is not', () => {
    expect(decodeText(Buffer.from('Müller über Mühle'), 'text/html; charset=iso-8859-1').text).toBe(
      'Müller über Mühle',
    );
    const chinese =
      '老磨坊在河边矗立了两百年，一九三一年的洪水冲走了水轮，从此再也没有人重建它。'.repeat(10);
    expect(decodeText(iconv.encode(chinese, 'gbk'), 'text/html; charset=utf-8').text).toBe(chinese);
  });

  it('decodes what it encoded, in every declared charset', () => {
    const samples: Readonly<Record<string, string>> = {
      gbk: '水车转动',
      big5: '水車轉動',
      'euc-jp': '水車が回る',
      shift_jis: '水車が回る',
      'euc-kr': '물레방아',
      'windows-1251': 'мельница',
      'iso-8859-2': 'młyn wodny',
      'windows-1256': 'طاحونة',
    };
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(samples)), fc.nat(400), (charset, padding) => {
        const text = `${' '.repeat(padding)}<meta charset="${charset}">${samples[charset]}`;
        expect(decodeText(iconv.encode(text, charset), null).text).toBe(text);
      }),
    );
  });

  it('never throws on any bytes and any header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, charset) => {
        expect(typeof decodeText(bytes, `text/html; charset=${charset}`).text).toBe('string');
      }),
    );
  });

  // Our own cases after the standard's prescan, so that a clone without the html5lib tests has them too.
  it.each([
    ['<meta charset="iso-8859-2">', 'iso-8859-2'],
    ['<meta charset=iso-8859-2>', 'iso-8859-2'],
    ["<META CHARSET='ISO-8859-2'/>", 'iso-8859-2'],
    ['<meta/charset="euc-jp">', 'euc-jp'],
    ['<meta\tname=a charset = "euc-jp" >', 'euc-jp'],
    ['<meta http-equiv="Content-Type" content="text/html; charset=euc-jp">', 'euc-jp'],
    ['<meta content="text/html;charset=\'euc-jp\'" http-equiv=content-type>', 'euc-jp'],
    ['<meta content="text/html; charset=euc-jp">', null],
    ['<meta name=x content="charset=euc-jp">', null],
    ['<meta charset="no-such-charset"><meta charset="koi8-r">', 'koi8-r'],
    ['<meta charset="utf-16">', 'utf-8'],
    ['<!-- <meta charset="iso-8859-2"> --><meta charset="koi8-r">', 'koi8-r'],
    ['<!--> <meta charset="koi8-r">', 'koi8-r'],
    ['<a title="<meta charset=big5>"><meta charset="koi8-r">', 'koi8-r'],
    ['<p charset="big5">', null],
    ['<metaphor charset="big5">', null],
    ['</meta charset="big5">', null],
    ['<?xml version="1.0" encoding="koi8-r"?>', 'koi8-r'],
    [`${' '.repeat(900)}<meta charset="koi8-r">`, 'koi8-r'],
    ['plain text, charset=koi8-r', null],
    ['', null],
  ])('finds the declaration of %j', (html, encoding) => {
    expect(prescanEncoding(Buffer.from(html, 'latin1'))).toBe(encoding);
  });

  describe.skipIf(!existsSync(CONFORMANCE))(
    'html5lib encoding tests (skipped where shared/data is absent)',
    () => {
      const rows = existsSync(CONFORMANCE)
        ? gunzipSync(readFileSync(CONFORMANCE))
            .toString('utf8')
            .trim()
            .split('\n')
            .map(
              (line) => JSON.parse(line) as { file: string; html_base64: string; encoding: string },
            )
        : [];
      it('finds every declaration that needs no script', () => {
        const wrong = rows
          .map((row) => ({ ...row, bytes: Buffer.from(row.html_base64, 'base64') }))
          // `scripted` cases are written by document.write; one more depends on scripts that run.
          .filter(
            (row) => !row.file.includes('scripted') && !row.bytes.includes('multi-script test'),
          )
          .filter((row) => {
            const gold = new TextDecoder(row.encoding).encoding;
            const decoded = decodeText(row.bytes, null);
            const found =
              decoded.source === 'bom'
                ? decoded.encoding
                : (prescanEncoding(row.bytes) ?? 'windows-1252');
            return found !== gold;
          });
        expect(wrong.map((row) => row.bytes.toString('latin1').slice(0, 120))).toEqual([]);
      });
    },
  );
});

it('believes a page that names its charset against a server that sends Latin-1 by default', () => {
  const html =
    '<html><head><meta charset="shift_jis"></head><body>新しい大水槽を公開します</body></html>';
  const bytes = iconv.encode(html, 'shift_jis');
  expect(decodeText(bytes, 'text/html; charset=ISO-8859-1').text).toBe(html);
  const latin = iconv.encode('<meta charset="utf-8"><p>Café', 'windows-1252');
  expect(decodeText(latin, 'text/html; charset=ISO-8859-1').text).toContain('Café');
});
