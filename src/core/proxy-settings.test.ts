import { expect, it } from 'vitest';
import { proxyChooser, shownProxy } from './proxy-settings.ts';

const through = (url: string, except: string): string | undefined =>
  proxyChooser({ http: 'http://plain.proxy:3128', https: 'secure.proxy:8443', except })(
    new URL(url),
  )?.host;

it('sends each scheme through its own proxy', () => {
  expect(through('http://example.org/', '')).toBe('plain.proxy:3128');
  expect(through('https://example.org/', '')).toBe('secure.proxy:8443');
  expect(proxyChooser({ http: 'http://p:1' })(new URL('https://example.org'))).toBeNull();
});

it.each([
  ['http://example.org/', 'example.org'],
  ['http://a.example.org/', 'example.org'],
  ['http://a.example.org/', '.example.org'],
  ['http://a.example.org/', '*.example.org'],
  ['http://EXAMPLE.org./', 'example.ORG'],
  ['http://example.org:8080/', 'other, example.org:8080'],
  ['https://example.org/', 'example.org:443'],
  ['http://10.1.2.3/', '10.0.0.0/8'],
  ['http://127.0.0.1:9/', '127.0.0.1'],
  ['http://[fd00::1]/', 'fd00::/8'],
  ['http://[::1]/', '[::1]'],
  ['http://anything/', '*'],
  ['http://example.org/', 'x example.org'],
])('%s goes directly where NO_PROXY is "%s"', (url, except) => {
  expect(through(url, except)).toBeUndefined();
});

it.each([
  ['http://badexample.org/', 'example.org'],
  ['http://example.org/', 'example.org:8080'],
  ['http://11.1.2.3/', '10.0.0.0/8'],
  ['http://example.org/', '10.0.0.0/8'],
])('%s goes through the proxy where NO_PROXY is "%s"', (url, except) => {
  expect(through(url, except)).toBe('plain.proxy:3128');
});

it('shows a proxy without its password, and says so when it is none', () => {
  expect(shownProxy('http://u:secret@proxy.example:3128')).toBe('http://proxy.example:3128');
  expect(() => proxyChooser({ http: 'ftp://u:secret@x' })).toThrow(/ftp:.*not supported/u);
  expect(() => proxyChooser({ http: 'http://' })).toThrow(/no URL/u);
});
