import { expect, test } from 'vitest';
import { withoutUnread } from './unread-attributes.ts';

test.each([
  [
    '<a class="c" data-track="click" data-position=7 href="/x" target=_blank>',
    '<a class="c" href="/x">',
  ],
  ['<div style="line-height: 2" id="a">', '<div id="a">'],
  ['<p style="color:#fff;background:#fff">', '<p style="color:#fff;background:#fff">'],
  ['<div style="color:red; DISPLAY : none">', '<div style="color:red; DISPLAY : none">'],
  ['<p onload=\'go("a")\' aria-hidden=true aria-live=off>', '<p aria-hidden=true>'],
  ['<span data-testid="byline" data-x>', '<span data-testid="byline" data-x>'],
  ['<div class="only target data-x width">', '<div class="only target data-x width">'],
  ['<td width="10" rowspan=2 />', '<td rowspan=2 />'],
])('%s', (tag, kept) => {
  const name = /^<(\w+)/u.exec(tag)?.[1] ?? '';
  expect(withoutUnread(name, tag)).toBe(kept);
});

test('pictures keep what tells where they lie', () => {
  const tag = '<img class="lazy" data-original="a.jpg" width="10">';
  expect(withoutUnread('img', tag)).toBe(tag);
});
