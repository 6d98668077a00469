/** What is extracted is what a reader of the page sees: nothing hidden, nothing altered. */
import { describe, expect, it } from 'vitest';
import type { Document } from '../../src/core/nouns.ts';
import { extractDocument } from './extract-document.ts';

const LONG =
  'The old mill stood by the river for two hundred years, and in 1931 a flood carried away its wheel. ';

async function read(body: string, head = '', lang = 'en'): Promise<Document> {
  const url = 'https://mill.example/page';
  return await extractDocument({
    url,
    finalUrl: url,
    status: 200,
    contentType: 'text/html; charset=utf-8',
    body: new TextEncoder().encode(
      `<!doctype html><html lang="${lang}"><head><title>The mill</title>${head}</head><body><nav><a href="/">Home</a></nav><main><h1>The mill</h1>${body}</main></body></html>`,
    ),
    fetchedAt: '2026-11-23T12:00:00Z',
    rendered: false,
    lastModified: null,
  });
}

const around = (inside: string): string => `<p>${LONG}</p>${inside}<p>${LONG.repeat(2)}</p>`;
const SECRET = 'The fee for the tour is nine hundred crowns a head.';

describe('text that no reader sees', () => {
  it.each([
    ['display:none'],
    ['visibility: hidden'],
    ['opacity:0'],
    ['font-size:0'],
    ['font-size: 1px'],
    ['position:absolute; left:-9999px'],
    ['position:fixed;top:-200em'],
    ['text-indent:-999em'],
    ['position:absolute;clip:rect(0,0,0,0)'],
    ['clip-path: inset(50%)'],
    ['width:1px;height:1px;overflow:hidden'],
    ['max-height:0;overflow:hidden'],
    ['transform:scale(0)'],
    ['color:#fff;background:#ffffff'],
    ['color:white'],
    ['color: transparent'],
    ['color:rgba(0,0,0,0)'],
  ])('leaves out %s, by attribute and by the page’s style sheet', async (style) => {
    const inline = await read(around(`<p style="${style}">${SECRET}</p>`));
    expect(inline.text).not.toContain('nine hundred');
    expect(inline.text).toContain('a flood carried');
    const sheet = await read(
      around(`<div class="x1"><p class="lead">${SECRET}</p></div>`),
      `<style>/* a */ @media print { p { display: none } } .x1 .lead { ${style} } main > p { margin: 0 }</style>`,
    );
    expect(sheet.text).not.toContain('nine hundred');
    expect(sheet.text).toContain('a flood carried');
  });

  it.each([
    '<p hidden>#</p>',
    '<p aria-hidden="true">#</p>',
    '<div class="sr-only">#</div>',
    '<div class="visually-hidden">#</div>',
    '<p>Seen. <span class="tooltip" role="tooltip">#</span></p>',
    '<p>Seen. <span class="tooltiptext">#</span></p>',
    '<p><font color="#FFFFFF">#</font></p>',
    '<noscript><p>#</p></noscript>',
    '<template><p>#</p></template>',
  ])('leaves out %s', async (markup) => {
    const { text } = await read(around(markup.replace('>#<', `>${SECRET}<`)));
    expect(text).not.toContain('nine hundred');
  });

  it('is not deceived by a page with one short sentence', async () => {
    const { text } = await read(
      `<p>The mill opens at nine o'clock.</p><p style="display:none">${SECRET.repeat(9)}</p>`,
    );
    expect(text).toContain('nine o');
    expect(text).not.toContain('nine hundred');
  });

  it.each([
    ['<details><summary>Fee?</summary><p>#</p></details>'],
    [
      '<h3><button aria-expanded="false">Fee?</button></h3><div style="display:none"><p>#</p></div>',
    ],
    ['<button aria-controls="a1">Fee?</button><p>Or ask.</p><div id="a1" hidden><p>#</p></div>'],
    ['<div role="tabpanel" hidden><p>#</p></div>'],
    ['<dl><dt>Fee?</dt><dd style="display:none"><p>#</p></dd></dl>'],
    ['<p hidden="until-found">#</p>'],
    ['<p style="color:#fff;background:#036">#</p>'],
    ['<div style="background:black"><p style="color:white">#</p></div>'],
    ['<p class="hidden md:block">#</p>'],
    ['<p class="fade-in" style="opacity:0;transform:translateY(20px)">#</p>'],
    ['<p style="position:absolute;left:-20px">#</p>'],
  ])('keeps %s', async (markup) => {
    expect((await read(around(markup.replace('>#<', `>${SECRET}<`)))).text).toContain(
      'nine hundred',
    );
  });

  it('keeps what a later rule shows, and a page that a script shows', async () => {
    const shown = await read(
      around(`<p class="panel open">${SECRET}</p>`),
      '<style>.panel{display:none}.panel.open{display:block}</style>',
    );
    expect(shown.text).toContain('nine hundred');
    const all = await read(`<div style="visibility:hidden">${around('')}</div><p>Loading…</p>`);
    expect(all.text).toContain('a flood carried');
  });
});

describe('text as it stands', () => {
  it('drops marks of footnotes and tells exponents and indices apart', async () => {
    const { text } = await read(
      around(
        '<p>It burned in 1874<sup><a href="#fn3">3</a></sup> and gave 4.5×10<sup>6</sup> J on 640 m<sup>2</sup> of ground, the 9<sup>th</sup> of its kind<a class="footnote-ref" href="#f"><sup>4</sup></a>; its H<sub>2</sub>O was 3<sup>1</sup>⁄<sub>2</sub> feet deep<sup class="reference"><a href="#cite_note-1">[1]</a></sup>, x<sup>n+1</sup> in all.</p>',
      ),
    );
    expect(text).toContain(
      'It burned in 1874 and gave 4.5×10⁶ J on 640 m² of ground, the 9th of its kind; its H2O was 3 1⁄2 feet deep, xⁿ⁺¹ in all.',
    );
  });

  it('keeps neighbours apart that stand apart on the screen, and words whole', async () => {
    const { text } = await read(
      around(
        '<p><span class="d">2025</span><span class="t">Body and Mind</span> by <b>Mac</b>Donald, <a href="/a">one</a><a href="/b">two</a>, a <span style="display:block">box</span>here and <i class="cap">T</i>he end of the long line of words that stands here.</p>',
      ),
    );
    expect(text).toContain('2025 Body and Mind by MacDonald, one two, a box here and The end');
  });

  it('joins lines of Chinese and Japanese, not of English, and keeps breaks', async () => {
    const { text } = await read(
      '<p>北浜水族館は、\n四月一日から新しい\n  大水槽を公開します。Open\nevery day<br>水曜日は\n休館日です。およそ九十種の魚が泳ぎ、入館料は大人千六百円、子供は八百円です。駅からは歩いて十二分ほどかかります。</p>',
      '',
      'ja',
    );
    expect(text).toContain(
      '北浜水族館は、四月一日から新しい大水槽を公開します。Open every day 水曜日は休館日です。',
    );
  });

  it('leaves line numbers out of code', async () => {
    const { text } = await read(
      around(
        '<table><tr><td class="gutter"><pre>1\n2\n</pre></td><td><pre>a = 1\nb = 2</pre></td></tr></table><p>Then this, which is the longer of the two programs:</p><pre><span class="linenos">1</span>if a:\n<span class="linenos">2</span>    go()</pre><table class="highlight"><tr><td class="blob-num" data-line-number="7"></td><td class="blob-code">  x = [1]</td></tr><tr><td class="blob-num" data-line-number="8"></td><td class="blob-code">  y = x[0]</td></tr></table>',
      ),
    );
    expect(text).toContain('\n\na = 1\nb = 2\n\n');
    expect(text).toContain('\n\nif a:\n    go()\n\n');
    expect(text).toContain('\n\n  x = [1]\n  y = x[0]\n\n');
    expect(text).not.toMatch(/^\d$/mu);
  });

  it('reads formulas wherever a page hides them, once', async () => {
    const { text } = await read(
      around(
        String.raw`<p>The force is <span class="m"><span style="display:none"><math alttext="{\displaystyle F=6\pi \mu Rv}"><mi>F</mi></math></span><img class="mwe-math-fallback-image-inline" alt="{\displaystyle F=6\pi \mu Rv}" aria-hidden="true"></span>, the way <math><mi>s</mi><mo>=</mo><mfrac><mn>1</mn><mn>2</mn></mfrac><mi>g</mi><msup><mi>t</mi><mn>2</mn></msup></math>, a root <img class="latex" alt="\sqrt{2}"> and <span class="MathJax"><nobr aria-hidden="true">E=mc2</nobr></span><script type="math/tex">E=mc^2</script> in all of them.</p>`,
      ),
    );
    expect(text).toContain(
      String.raw`The force is F=6\pi \mu Rv, the way s = 1/2 gt², a root \sqrt{2} and E=mc^2 in all of them.`,
    );
  });
});

describe('tables', () => {
  const table = `<table><caption>Lakes in 1902</caption><thead><tr><th rowspan="2">Lake</th><th colspan="2">Depth</th></tr><tr><th>mean</th><th>most</th></tr></thead><tbody><tr><td rowspan="2">Tarn</td><td>41</td><td>164</td></tr><tr><td>40</td><td>163</td></tr></tbody></table>`;

  it('gives each row the labels of its columns and the cells that span it', async () => {
    const { text } = await read(around(table));
    expect(text).toContain(
      'Lakes in 1902\n\nLake: Tarn | Depth mean: 41 | Depth most: 164\n\nLake: Tarn | Depth mean: 40 | Depth most: 163',
    );
  });

  it('keeps a table whole, amid the text, after it and in a layout table', async () => {
    const keys = (from: number): string =>
      `<table>${Array.from({ length: 5 }, (_, i) => `<tr><td>F${from + i}</td><td>Do thing ${from + i}</td></tr>`).join('')}</table>`;
    const { text } = await read(
      `<table><tr><td><p>${LONG}</p><b>Keys</b>${keys(1)}</td><td><p>${LONG.repeat(2)}</p>${keys(6)}</td></tr></table>`,
    );
    for (let key = 1; key <= 10; key += 1) expect(text).toContain(`F${key} | Do thing ${key}`);
  });

  it('reads lists in cells, labels at the side and short definitions', async () => {
    const { text } = await read(
      around(
        '<table><tr><th>Monday</th><td><ul><li>7:30 - 12:00</li><li>13:00 - 18:15</li></ul></td></tr><tr><th>Tuesday</th><td>closed</td></tr></table><dl><dt>Depth</dt><dd>118 m</dd><dt>Islands:</dt><dd>19 in the northern part of the lake</dd></dl>',
      ),
    );
    expect(text).toContain('Monday: 7:30 - 12:00; 13:00 - 18:15\n\nTuesday: closed');
    expect(text).toContain('Islands: 19 in the northern part');
  });
});

describe('short pages', () => {
  it('are read without menu and footer', async () => {
    const site = (main: string): string =>
      `</main><header><ul><li><a href="/a">Products</a></li></ul></header><main>${main}</main><footer><p>Copyright 2025 Example. All rights reserved.</p><a href="/p">Privacy</a></footer>`;
    const { text } = await read(site('<p>The bridge at Holm was opened in 1931.</p>'));
    expect(text).toContain('opened in 1931');
    expect(text).not.toMatch(/Products|Privacy|Copyright/u);
  });
});

describe('text in scripts and templates', () => {
  const shell = (head: string, body = '<div id="root"></div>'): Promise<Document> =>
    read(body, head);
  const FACT =
    'Volunteers counted 214 otters along the river in March, 31 more than in the year before.';

  it.each([
    [
      'an assigned state',
      `<script>window.__INITIAL_STATE__={"a":{"text":"${FACT}","n":undefined}};(function(){x()})()</script>`,
    ],
    [
      'a state in a string',
      `<script>window.__DATA__ = JSON.parse("{\\"a\\":\\"${FACT}\\"}")</script>`,
    ],
    [
      'a computed state',
      `<script>window.__NUXT__=(function(a,b){return {title:a,body:b}}("x","${FACT}"))</script>`,
    ],
    [
      'a stream of components',
      `<script>self.__next_f.push([1,"2:[\\"$\\",\\"p\\",null,{\\"children\\":[\\"Volunteers counted \\",[\\"$\\",\\"b\\",null,{\\"children\\":\\"214 otters\\"}],\\" along the river in March, 31 more than in the year before.\\"]}]\\n"])</script>`,
    ],
    [
      'a short article of JSON-LD',
      `<script type="application/ld+json">{"@type":"NewsArticle","articleBody":"${FACT} The count was made on foot."}</script>`,
    ],
  ])('reads %s', async (_, script) => {
    expect((await shell(script)).text).toContain(FACT);
  });

  it('reads a declarative shadow root', async () => {
    const { text } = await read(
      `<site-article><template shadowrootmode="open"><style>p{margin:0}</style><p>${LONG.repeat(3)}</p></template></site-article>`,
    );
    expect(text).toContain('a flood carried');
  });
});
