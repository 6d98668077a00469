/** Pages made to break an extractor, for its tests and for `eval/bench/extraction/measure-hostile.ts`. */
export interface HostilePage {
  readonly name: string;
  readonly contentType: string;
  /** The page's bytes, made when asked for: some have 50 MB. */
  readonly make: () => Uint8Array;
}

export const HOSTILE_PROSE =
  'The old mill stood by the river for two hundred years, until a flood carried away its wheel. ';

const TEXT = `<p>${HOSTILE_PROSE.repeat(6)}</p>`;

const html = (name: string, make: () => string): HostilePage => ({
  name,
  contentType: 'text/html',
  make: () => new TextEncoder().encode(TEXT + make()),
});

const json = (name: string, make: () => string): HostilePage => ({
  name,
  contentType: 'application/json',
  make: () => new TextEncoder().encode(make()),
});

/** Each page but the JSON ones begins with six sentences of prose. */
export const HOSTILE_PAGES: readonly HostilePage[] = [
  html('200,000 nested divs', () => `${'<div>'.repeat(200_000)}deep`),
  html('200,000 nested inline elements', () => `${'<b><i>'.repeat(100_000)}deep`),
  html('50 MB of paragraphs', () => '<p>some words here</p>'.repeat(2_300_000)),
  html('50 MB of bare text', () => 'some words here '.repeat(3_200_000)),
  html('10 million attributes on one tag', () => `<div ${'a=b '.repeat(10_000_000)}>x</div>`),
  html('10 million attributes on many tags', () =>
    `<i ${'a1=b '.repeat(100)}></i>`.repeat(100_000),
  ),
  html('null bytes', () => '\0<p\0>\0'.repeat(100_000)),
  html('nothing closed', () => '<ul><li><a href="x"><table><tr><td>cell'.repeat(30_000)),
  html('entities without end', () => '&amp;&#x1F600;&lt'.repeat(500_000)),
  html('unclosed comments in a script', () => `<script>${'<!--'.repeat(200_000)}`),
  html('a million unclosed tags', () => `${'<'.repeat(1_000_000)}${'<a href="'.repeat(100_000)}`),
  html('a million closing tags', () => '</div></p></b>'.repeat(350_000)),
  html('100,000 links', () => '<a href="/page">A link</a> '.repeat(100_000)),
  html('100,000 list items', () => `<ul>${'<li>An item of the list'.repeat(100_000)}</ul>`),
  html('100,000 table cells', () => `<table>${'<tr><td>a<td>b'.repeat(50_000)}</table>`),
  html(
    'state of 20 MB in a script',
    () =>
      `<script id="__NEXT_DATA__" type="application/json">{"a":[${'{"text":"Some words of prose here."},'.repeat(550_000)}0]}</script>`,
  ),
  html(
    'JSON-LD nested 100,000 deep',
    () =>
      `<script type="application/ld+json">${'{"@graph":['.repeat(100_000)}${']}'.repeat(100_000)}</script>`,
  ),
  json(
    '20 MB of JSON',
    () => `[${'{"text":"Some words of prose here, again."},'.repeat(450_000)}0]`,
  ),
  json('JSON nested 2 million deep', () => '['.repeat(2_000_000)),
];
