import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/core/package-root.ts';
import { checkAddress, checkUrl } from './guard.ts';
import { parseFetchAllow, PUBLIC_WEB_ONLY } from './guard-policy.ts';

const dataFolder = join(packageRoot, '../shared/data');

function rows<Row>(name: string): Row[] {
  return gunzipSync(readFileSync(join(dataFolder, name)))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

const allowed = (url: string, allow: readonly string[] = []): boolean =>
  checkUrl(url, parseFetchAllow(allow)).allowed;

describe('checkUrl', () => {
  it.each([
    'https://example.com/',
    'http://example.com:8080/a',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'http://[::ffff:8.8.8.8]/',
    'https://xn--bcher-kva.example/',
    'https://example.com./',
    'https://my.test.example.com/',
  ])('lets %s through', (url) => {
    expect(checkUrl(url, PUBLIC_WEB_ONLY)).toMatchObject({ allowed: true, reason: 'public' });
  });

  it.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'https://user@example.com/',
    'https://:secret@example.com/',
    'http://example.com:22/',
    'http://8.8.8.8:6379/',
    'http://0/',
    'http://127.1/',
    'http://0x7f.1/',
    'http://[::]/',
    'http://[::127.0.0.1]/',
    'http://[::ffff:0:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1::808:808]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
    'http://[2606:4700::5efe:10.0.0.1]/',
    'http://[2001:db8::1]/',
    'http://[3fff::1]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[ff0e::1]/',
    'http://[100::1]/',
    'http://[4000::1]/',
    'http://192.0.2.1/',
    'http://198.18.0.1/',
    'http://198.51.100.7/',
    'http://203.0.113.9/',
    'http://192.88.99.1/',
    'http://224.0.0.1/',
    'http://168.63.129.16/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://a.localhost/',
    'http://printer/',
    'http://wiki.corp/',
    'http://nas.home.arpa/',
    'http://vault.internal/',
    'http://kubernetes.default.svc/',
    'http://metadata.google.internal/',
    'http://10.0.0.1.nip.io/',
    'http://app.localtest.me/',
    'http://make-1-2-3-4-rebind-127-0-0-1-rr.1u.ms/',
    'http://a..b.example/',
    'http://loc\u00adalhost/',
    'http://ⓛocalhost/',
    'http://127\u30020\u30020\u30021/',
    `https://example.com/${'a'.repeat(9_000)}`,
    'not a url',
    '',
  ])('refuses %s', (url) => {
    const verdict = checkUrl(url, PUBLIC_WEB_ONLY);
    expect(verdict.allowed).toBe(false);
    expect(verdict.reason).not.toBe('');
  });

  it('never throws, and never allows what is not http(s) to a named host', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.string({ unit: 'binary' })), (url) => {
        const verdict = checkUrl(url, PUBLIC_WEB_ONLY);
        if (verdict.allowed) {
          expect(new URL(url).protocol).toMatch(/^https?:$/u);
          expect(verdict.host).not.toBe('');
        }
      }),
      { numRuns: 150 },
    );
  });

  it('refuses every spelling of every private IPv4 address', () => {
    const privateRange = fc.constantFrom([10, 8], [127, 8], [169.254, 16], [192.168, 16], [0, 8]);
    fc.assert(
      fc.property(privateRange, fc.nat(0xffff), fc.nat(5), ([range = 0], tail, spelling) => {
        const [a = 0, b = (tail >> 4) & 255] = String(range).split('.').map(Number);
        const bytes = [a, b, (tail >> 8) & 255, tail & 255];
        const dword = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
        const hex = dword.toString(16).padStart(8, '0');
        const host = [
          bytes.join('.'),
          String(dword),
          `0x${hex}`,
          bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
          `[::ffff:${hex.slice(0, 4)}:${hex.slice(4)}]`,
          `[64:ff9b::${hex.slice(0, 4)}:${hex.slice(4)}]`,
        ][spelling];
        expect(allowed(`http://${host}/`)).toBe(false);
      }),
    );
  });
});

/** Our own set of tricks, so that a clone without the published lists tests each kind. */
describe('URLs that hide an internal address', () => {
  it.each([
    [
      'localhost in its forms',
      ['http://localhost:443/', 'http://localhost.localdomain/', 'http://ip6-localhost/'],
    ],
    [
      'loopback, rewritten',
      [
        'http://2130706433/',
        'http://017700000001/',
        'http://0x7F000001/',
        'http://0177.0.0.1/',
        'http://127.000.000.1/',
      ],
    ],
    ['loopback, shortened', ['http://127.1/', 'http://127.0.1/', 'http://0.0.0.0/', 'http://0/']],
    ['IPv6 loopback', ['http://[::1]/', 'http://[0:0:0:0:0:0:0:1]/', 'http://[0000::1]:80/']],
    [
      'IPv4 within IPv6',
      [
        'http://[::ffff:127.0.0.1]/',
        'http://[::ffff:7f00:1]/',
        'http://[0:0:0:0:0:ffff:10.0.0.1]/',
      ],
    ],
    ['other digits', ['http://①②⑦.⓪.⓪.①/', 'http://１２７.０.０.１/', 'http://127。0。0。1/']],
    [
      'escapes',
      ['http://%31%32%37.0.0.1/', 'http://loc%61lhost/', 'http://127.0.0.1%2f@example.com/'],
    ],
    [
      'credentials before the host',
      ['http://example.com@127.0.0.1/', 'http://127.0.0.1:80@127.0.0.1/', 'http://a:b@10.0.0.1/'],
    ],
    [
      'slashes and backslashes',
      ['http:\\\\127.0.0.1\\', 'http:/127.0.0.1', 'http:127.0.0.1', 'http:///127.0.0.1/'],
    ],
    ['white space', [' http://127.0.0.1/', 'http://127.0.0.1\t/', 'ht\ntp://127.0.0.1/']],
    [
      'cloud metadata',
      [
        'http://169.254.169.254/latest/meta-data/',
        'http://[fd00:ec2::254]/',
        'http://metadata.google.internal/',
        'http://100.100.100.200/',
        'http://2852039166/',
      ],
    ],
    [
      'private networks',
      [
        'http://10.1.2.3/',
        'http://172.16.0.1/',
        'http://172.31.255.255/',
        'http://192.168.0.1/',
        'http://100.64.0.1/',
        'http://[fc00::1]/',
      ],
    ],
    [
      'other protocols',
      [
        'gopher://127.0.0.1:6379/_INFO',
        'dict://127.0.0.1:11211/',
        'file://127.0.0.1/etc/passwd',
        'jar:http://127.0.0.1!/',
        'data:text/html,a',
        'javascript:alert(1)',
      ],
    ],
    [
      'names that resolve inward',
      ['http://127.0.0.1.nip.io/', 'http://10-0-0-1.sslip.io/', 'http://a.lvh.me/'],
    ],
  ])('%s', (_, urls) => {
    expect(urls.filter((url) => allowed(url))).toEqual([]);
  });

  it('lets the neighbours of those ranges through', () => {
    const open = [
      'http://9.255.255.255/',
      'http://11.0.0.1/',
      'http://172.15.0.1/',
      'http://172.32.0.1/',
      'http://192.167.1.1/',
      'http://192.169.1.1/',
      'http://100.63.0.1/',
      'http://100.128.0.1/',
      'http://169.253.1.1/',
      'http://128.0.0.1/',
      'https://localhost.example.com/',
      'https://10.example.com/',
    ];
    expect(open.filter((url) => !allowed(url))).toEqual([]);
  });

  it.each([
    '',
    '//example.com/',
    '/a',
    'http://',
    'http://?',
    'http://[::1',
    'http://a b/',
    'http://example.com:99999/',
    'http://-/',
    'http://%/',
    '\u0000',
  ])('never throws on %j', (url) => {
    expect(checkUrl(url, PUBLIC_WEB_ONLY).allowed).toBe(false);
  });
});

describe('FOOTNOTE_FETCH_ALLOW', () => {
  it('opens exactly the endpoints and networks it names', () => {
    const list = ['127.0.0.1:8123', '[::1]:99', 'Wiki.corp:80', '10.1.0.0/16', 'fd12::/48'];
    expect(allowed('http://127.0.0.1:8123/x', list)).toBe(true);
    expect(allowed('http://0x7f000001:8123/', list)).toBe(true);
    expect(allowed('http://127.0.0.1:8124/', list)).toBe(false);
    expect(allowed('http://localhost:8123/', list)).toBe(false);
    expect(allowed('http://[::1]:99/', list)).toBe(true);
    expect(allowed('http://wiki.corp/', list)).toBe(true);
    expect(allowed('https://wiki.corp/', list)).toBe(false);
    expect(allowed('http://10.1.2.3:5432/', list)).toBe(true);
    expect(allowed('http://10.2.0.1/', list)).toBe(false);
    expect(allowed('http://[fd12::1]/', list)).toBe(true);
    expect(allowed('http://user@10.1.2.3/', list)).toBe(false);
    expect(allowed('file://10.1.2.3/', list)).toBe(false);
    expect(checkAddress('::ffff:10.1.2.3', 81, parseFetchAllow(list)).allowed).toBe(true);
  });

  it('takes a loopback network for localhost too, but for no other internal name', () => {
    expect(allowed('http://localhost:1234/', ['127.0.0.0/8'])).toBe(true);
    expect(allowed('http://printer.local/', ['0.0.0.0/0'])).toBe(false);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.5/8',
    '10.0.0/8',
    '::/129',
    'fd12::1/48',
    '010.0.0.0/8',
    'example.com/8',
    '127.0.0.1',
    'localhost',
    'localhost:',
    'localhost:0',
    'localhost:70000',
    'http://localhost:80',
    '127.1:80',
    '::1:80',
    'a b:80',
    'user@host:80',
  ])('calls "%s" a mistake', (entry) => {
    expect(() => parseFetchAllow([entry])).toThrowError(
      expect.objectContaining({ code: 'config-invalid' }) as Error,
    );
  });
});

interface SsrfRow {
  readonly url: string;
  readonly expect: 'block' | 'allow' | 'allow-or-normalise';
  readonly needs?: string;
}

describe.skipIf(!existsSync(dataFolder))(
  'published SSRF URLs (skipped without ../shared/data)',
  () => {
    it('is right wherever the literal URL decides', () => {
      const decidable = rows<SsrfRow>('security-dev/ssrf-urls.jsonl.gz').filter(
        (row) => row.needs !== 'dns' && row.needs !== 'redirect',
      );
      const wrong = decidable.filter((row) => allowed(row.url) !== (row.expect !== 'block'));
      expect(decidable.length).toBeGreaterThan(100);
      expect(wrong).toEqual([]);
    });

    it("never throws on the URL standard's own test data, absolute or relative", () => {
      for (const { input } of rows<{ input: string }>('conformance/urltestdata.jsonl.gz')) {
        for (const url of [input, `http://${input}`]) {
          const verdict = checkUrl(url, PUBLIC_WEB_ONLY);
          if (verdict.allowed) expect(URL.canParse(url)).toBe(true);
        }
      }
    });
  },
);
