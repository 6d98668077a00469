import type { FrozenPage } from '../../suites/frozen-web/frozen-web-data.ts';
import { seededRandom } from '../../lab/trees/seeded-random.ts';
import { stableHash } from '../../lab/trees/stable-hash.ts';

const WORDS =
  'about archive award board capital city club contact country culture data east events family film food garden guide health help history home house island jobs kitchen latest learn library life local market media money museum music nature news north people photo places podcast policy press radio review river school science season shop south sport stage state story street style summer table team theatre topics tours town trade travel video voices water weather week west winter women work world'.split(
    ' ',
  );

const escape = (text: string): string =>
  text.replace(/&/gu, '&amp;').replace(/</gu, '&lt;').replace(/>/gu, '&gt;');

/**
 * A frozen page in a template like those of large news sites: style sheets and scripts in the page, a
 * menu of 250 links, article paragraphs with links and marks, share bars, 60 teaser cards, 40 comments,
 * a fat footer; scripts fill it up to `bytes`. Made anew from the page's id each time: the same bytes.
 */
export function largePageHtml(page: FrozenPage, bytes: number): string {
  const random = seededRandom(stableHash(page.page_id));
  const word = (): string => WORDS[Math.floor(random() * WORDS.length)] ?? '';
  const words = (count: number): string => Array.from({ length: count }, word).join(' ');
  const many = (count: number, make: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => make(index)).join('\n');
  const link = (): string =>
    `<a class="c-link c-link--menu js-track" data-track="click" data-position="${Math.floor(random() * 900)}" href="/${word()}/${word()}-${word()}">${words(2)}</a>`;
  const menu = many(
    25,
    () =>
      `<li class="c-menu__item"><button aria-expanded="false">${word()}</button><ul class="c-menu__panel">${many(10, () => `<li>${link()}</li>`)}</ul></li>`,
  );
  // Every ninth word or so of the text is a link, as in an encyclopedia; the text stays what it is.
  const paragraph = (text: string): string =>
    text
      .split(' ')
      .map((one) => {
        const roll = random();
        if (roll < 0.05) return `<a href="/topic/${word()}">${escape(one)}</a>`;
        return roll < 0.07 ? `<em>${escape(one)}</em>` : escape(one);
      })
      .join(' ');
  const article = page.paragraphs
    .map(({ text }, index) => {
      const figure =
        index % 6 === 3
          ? `<figure class="c-figure"><picture><source srcset="/i/${index}.webp"><img src="/i/${index}.jpg" alt=""></picture></figure>`
          : '';
      return `${figure}<p class="c-article__paragraph" data-block="${index}">${paragraph(text)}</p>`;
    })
    .join('\n');
  const cards = many(
    60,
    (index) =>
      `<div class="c-card"><a class="c-card__link" href="/story/${index}"><span class="c-card__kicker">${word()}</span><h3 class="c-card__title">${words(8)}</h3></a><p class="c-card__teaser">${words(16)}.</p><time datetime="2025-01-02">2 January</time></div>`,
  );
  const comments = many(
    40,
    (index) =>
      `<li class="comment" id="comment-${index}"><div class="comment-author">${word()}${index}</div><div class="comment-body"><p>${words(25)}.</p><a href="#reply">Reply</a></div></li>`,
  );
  const style = many(
    250,
    (index) =>
      `.c-${word()}-${index}{margin:${index % 9}px;padding:${index % 7}px;color:#33${index % 9}}`,
  );
  const body = `<body class="page page--article"><header class="c-header"><nav class="c-menu"><ul>${menu}</ul></nav></header>
<main><article class="c-article"><h1>${escape(page.title)}</h1><div class="c-share"><ul>${many(6, () => `<li>${link()}</li>`)}</ul></div>
${article}
</article><aside class="c-related"><h2>More</h2>${cards}</aside><section class="comments"><ol>${comments}</ol></section></main>
<footer class="c-footer"><ul>${many(120, () => `<li>${link()}</li>`)}</ul></footer>`;
  const head = `<!doctype html><html lang="${page.lang}"><head><meta charset="utf-8"><title>${escape(page.title)} - Frozen Web</title><style>${style}</style></head>`;
  let scripts = '';
  for (let index = 0; head.length + body.length + scripts.length < bytes; index += 1) {
    scripts += `<script>window.q${index}=[${many(20, (at) => `{"name":"${words(3)}","weight":${at},"on":function(a){return a<${at}&&a>0}}`)}];</script>`;
  }
  return `${head}${body}${scripts}</body></html>`;
}
