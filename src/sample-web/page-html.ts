/**
 * The full HTML of a sample page: its article inside the furniture of its site (banner, navigation,
 * side columns, related links, comments, footer, metadata). The layouts differ on purpose, from
 * clean semantic markup to a portal's nested tables and unclosed tags, as the real web does.
 */
import { articleBlocks, escapeHtml, forumPosts, type Markup } from './article-html.ts';
import type { SamplePage } from './page-source.ts';
import { SITES, WORDS, type LayoutName, type SampleSite } from './sites.ts';

interface Frame {
  readonly page: SamplePage;
  readonly site: SampleSite;
  readonly words: (typeof WORDS)[keyof typeof WORDS];
  /** Other pages, those of the same site first. */
  readonly related: readonly SamplePage[];
}

const e = escapeHtml;

function links(pages: readonly SamplePage[], className: string): string {
  const items = pages.map((page) => `<li><a href="${page.path}">${e(page.title)}</a></li>`);
  return `<ul class="${className}">${items.join('')}</ul>`;
}

function navigation(frame: Frame, className: string): string {
  const home = `/${frame.page.site}/`;
  const items = frame.site.navigation.map((item) => `<li><a href="${home}">${e(item)}</a></li>`);
  return `<nav class="${className}"><ul>${items.join('')}</ul></nav>`;
}

function cookieBanner({ words }: Frame): string {
  return `<div id="cookie-consent" class="cookie-banner" role="dialog" aria-label="cookies"><p>${words.cookies}</p><button>${words.accept}</button> <button>${words.refuse}</button></div>`;
}

function shareBar({ words }: Frame): string {
  const places = ['E-mail', 'Mastodon', 'Bluesky', 'WeChat', 'Print'];
  return `<div class="share-bar social">${words.share}: ${places.map((place) => `<a href="#" class="share">${place}</a>`).join(' ')}</div>`;
}

function comments({ page, words }: Frame): string {
  if (page.comments.length === 0) return '';
  const items = page.comments.map(
    ({ name, text }) =>
      `<li class="comment"><b class="comment-author">${e(name)}</b><p>${e(text)}</p><a href="#">${words.reply}</a></li>`,
  );
  return `<section id="comments" class="comments"><h3>${words.comments} (${items.length})</h3><ol class="comment-list">${items.join('')}</ol></section>`;
}

function newsletter({ words }: Frame): string {
  return `<form class="newsletter-signup" action="#"><p>${words.newsletter}</p><input type="email" placeholder="${words.email}"><button>${words.subscribe}</button></form>`;
}

function footer({ site, words }: Frame): string {
  return `<footer class="site-footer"><p>© ${e(site.name)} · ${e(site.tagline)}</p><p>${words.imprint}</p></footer>`;
}

/** A drawing of no meaning, so that pages have figures with captions without any image file. */
function figure({ page, site }: Frame): string {
  const caption =
    site.language === 'en' ? 'Illustration' : site.language === 'zh-Hans' ? '示意图' : '示意圖';
  return `<figure class="lead-image"><svg viewBox="0 0 640 200" role="img" aria-label=""><rect width="640" height="200" fill="${site.colour}"/><circle cx="${(page.title.length * 37) % 600}" cy="110" r="70" fill="#fff" opacity=".25"/><path d="M0 170 Q160 ${60 + page.title.length} 320 150 T640 120 V200 H0Z" fill="#fff" opacity=".35"/></svg><figcaption>${caption}: ${e(site.name)}</figcaption></figure>`;
}

function linkedData({ page, site }: Frame, type: string): string {
  const data = {
    '@context': 'https://schema.org',
    '@type': type,
    headline: page.title,
    datePublished: page.date,
    dateModified: page.updated,
    author: { '@type': 'Person', name: page.author },
    publisher: { '@type': 'Organization', name: site.name },
    inLanguage: site.language,
  };
  return `<script type="application/ld+json">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>`;
}

function blocks(frame: Frame, markup?: Markup): string {
  return articleBlocks(frame.page.body, markup).join('\n');
}

const wiki = (frame: Frame): string => {
  const { page, site, words } = frame;
  const separator = site.language === 'en' ? ' ' : '';
  const rows = page.info.map(
    ([label, value]) => `<tr><th scope="row">${e(label)}</th><td>${e(value)}</td></tr>`,
  );
  const parts = articleBlocks(page.body, {
    paragraph: (html) => `<p>${html}</p>`,
    heading: (html, id) =>
      `<h2><span class="mw-headline" id="${id}">${html}</span><span class="mw-editsection">[<a href="#">${words.edit}</a>]</span></h2>`,
  });
  const contents = [...page.body.matchAll(/^## (.+)$/gmu)].map(
    ([, heading], index) =>
      `<li><a href="#"><span>${index + 1}</span> ${e(heading ?? '')}</a></li>`,
  );
  return `<div id="head">${navigation(frame, 'tabs')}<form action="#"><input placeholder="${words.search}"></form></div>
<div id="content" class="mw-body"><h1 id="firstHeading">${e(page.title)}</h1><div class="sub">${e(site.name)} · ${e(site.tagline)}</div>
<div class="mw-parser-output"><table class="infobox"><caption>${e(page.title)}</caption><tbody>${rows.join('')}</tbody></table>
${parts[0] ?? ''}
<div id="toc" class="toc"><b>${words.contents}</b><ul>${contents.join('')}</ul></div>
${parts.slice(1).join('\n')}
</div>
<div id="catlinks" class="catlinks"><a href="#">${e(page.section)}</a></div></div>
<div id="panel" class="sidebar">${links(frame.related.slice(0, 6), 'portal')}</div>
<div id="footer">${words.updated}${separator}${page.updated}. ${words.imprint}</div>${cookieBanner(frame)}`;
};

const magazine = (frame: Frame): string => {
  const { page, site, words } = frame;
  return `${cookieBanner(frame)}<header class="site-header"><a class="logo" href="/${page.site}/">${e(site.name)}</a> <small>${e(site.tagline)}</small>${navigation(frame, 'main-nav')}</header>
<main><article><header><p class="kicker">${e(page.section)}</p><h1>${e(page.title)}</h1>${page.summary === '' ? '' : `<p class="standfirst">${e(page.summary)}</p>`}
<p class="byline">${words.by} <a rel="author" href="#">${e(page.author)}</a> · <time datetime="${page.date}">${page.date}</time></p></header>
${shareBar(frame)}${figure(frame)}
<div class="article-body">${blocks(frame)}</div></article>
${newsletter(frame)}${comments(frame)}</main>
<aside class="related"><h3>${words.related}</h3>${links(frame.related.slice(0, 5), 'teasers')}</aside>${footer(frame)}`;
};

const news = (frame: Frame): string => {
  const { page, site, words } = frame;
  const parts = articleBlocks(page.body);
  const middle = Math.ceil(parts.length / 2);
  return `<div class="ticker">LIVE: Alderwick 2–1 Penhallow (67') · Road works in Mill Lane until Friday · Sunny, 17 °C</div>
<div class="masthead"><a href="/${page.site}/">${e(site.name)}</a></div>${navigation(frame, 'sections')}
<div class="breadcrumbs"><a href="/${page.site}/">${words.home}</a> › <a href="#">${e(page.section)}</a> › ${e(page.title)}</div>
<div class="columns"><div class="story" itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">${e(page.title)}</h1><h2 class="dek">${e(page.summary)}</h2>
<div class="meta"><span itemprop="author">${words.by} ${e(page.author)}</span> | <time itemprop="datePublished" datetime="${page.date}">${page.date}</time></div>${shareBar(frame)}${figure(frame)}
<div itemprop="articleBody">${parts.slice(0, middle).join('\n')}
<div class="promo inline-related"><strong>${words.related}:</strong> ${links(frame.related.slice(0, 2), 'inline')}</div>
${parts.slice(middle).join('\n')}</div>
<div class="ad advertisement">Advertisement: Venn & Daughters, watch repairs since 1896</div>${comments(frame)}</div>
<div class="rail"><h4>${words.popular}</h4>${links(frame.related.slice(0, 5), 'popular')}${newsletter(frame)}</div></div>${footer(frame)}${cookieBanner(frame)}`;
};

const blog = (frame: Frame): string => {
  const { page, site, words } = frame;
  return `<div id="wrapper"><div id="header"><h1 class="site-title"><a href="/${page.site}/">${e(site.name)}</a></h1><p>${e(site.tagline)}</p></div>${navigation(frame, 'menu')}
<div id="primary"><div class="post hentry"><h2 class="entry-title">${e(page.title)}</h2><div class="entry-meta">${page.date} / ${e(page.author)} / ${e(page.section)} / ${page.comments.length} ${words.comments.toLowerCase()}</div>
<div class="jump"><a href="#recipe">Jump to recipe</a> · <a href="#">Pin it</a></div>${figure(frame)}
<div class="entry-content"><p><em>${e(page.summary)}</em></p>
${blocks(frame, { paragraph: (html) => `<p style="line-height:1.6">${html}`, heading: (html) => `<h3>${html}</h3>` })}
</div>${shareBar(frame)}<div class="tags">Tags: <a href="#">${e(page.section)}</a>, <a href="#">kitchen</a></div></div>${comments(frame)}</div>
<div id="secondary" class="widget-area"><div class="widget"><h3>About me</h3><p>Hello, I am Nell. I cook on two burners and write down what works.</p></div><div class="widget"><h3>${words.popular}</h3>${links(frame.related.slice(0, 4), 'widget-list')}</div>${newsletter(frame)}</div>${footer(frame)}</div>${cookieBanner(frame)}`;
};

/** A portal of the old school: tables for layout, font tags, line breaks, tags left open. */
const portal = (frame: Frame): string => {
  const { page, site, words } = frame;
  const bar = site.navigation.map((item) => `<a href="/${page.site}/">${e(item)}</a>`).join(' | ');
  return `<table width=100% cellpadding=4 bgcolor="${site.colour}"><tr><td><font color=white size=5><b>${e(site.name)}</b></font> <font color=white>${e(site.tagline)}</font><td align=right><font color=white>登录 注册 收藏本站</font></table>
<div class=nav>${bar}</div><div class=crumb>您的位置：<a href="/${page.site}/">${words.home}</a> &gt; ${e(page.section)} &gt; 正文</div>
<table width=100%><tr valign=top><td width=72%>
<h1>${e(page.title)}</h1><div class=info>${words.published}${page.date} 10:26　${words.by}${e(page.author)}　来源：${e(site.name)}　字号：大 中 小</div>
<div class=summary>核心提示：${e(page.summary)}</div>
<div id=artibody class=content>
${blocks(frame, { paragraph: (html) => `<div class=para>　　${html}</div>`, heading: (html) => `<div class=para><strong>${html}</strong></div>` })}
<div class=editor>（责任编辑：小李）</div></div>
<div class=share>${words.share}：微信 微博 QQ空间 豆瓣</div><div class=hot>${words.related}${links(frame.related.slice(0, 4), 'about')}</div>${comments(frame)}
<td><div class=side><b>${words.popular}</b>${links(frame.related.slice(0, 6), 'rank')}</div>${newsletter(frame)}</table>
<div class=footer align=center>${words.imprint}<br>${e(site.name)} 2003-2025</div>${cookieBanner(frame)}`;
};

const forum = (frame: Frame): string => {
  const { page, site } = frame;
  const posts = forumPosts(page.body).map(
    (post, index) =>
      `<div class="post ${index === 0 ? 'question' : 'answer'}" id="p${index}"><div class="post-side"><div class="avatar">${e(post.user.slice(0, 1))}</div><div class="votes">▲ ${e(post.votes)} ▼</div></div><div class="post-main"><div class="post-meta"><a class="user" href="#">${e(post.user)}</a> · ${e(post.date)}</div><div class="post-text">${post.html}</div><div class="post-actions"><a href="#">Reply</a> <a href="#">Report</a> <a href="#">Share</a></div></div></div>`,
  );
  return `<div class="topbar"><a class="brand" href="/${page.site}/">${e(site.name)}</a>${navigation(frame, 'top-links')}<a class="login" href="#">Log in</a></div>
<div class="thread"><h1>${e(page.title)}</h1><div class="thread-info">${e(page.section)} · asked by ${e(page.author)} on <time datetime="${page.date}">${page.date}</time> · ${posts.length - 1} replies</div>
${posts.join('\n')}
<div class="answer-box"><textarea placeholder="Write an answer …"></textarea><button>Post</button></div></div>
<div class="sidebar"><h4>Hot threads</h4>${links(frame.related.slice(0, 6), 'hot')}</div>${footer(frame)}${cookieBanner(frame)}`;
};

const docs = (frame: Frame): string => {
  const { page, site, words } = frame;
  return `<a class="skip" href="#main">Skip to content</a><header><strong><a href="/${page.site}/">${e(site.name)}</a></strong> <span>${e(site.tagline)}</span><input type="search" placeholder="${words.search}"></header>
<div class="layout">${navigation(frame, 'side-nav')}<main id="main"><nav class="breadcrumb" aria-label="breadcrumb"><a href="/${page.site}/">${words.home}</a> / <a href="#">${e(page.section)}</a> / ${e(page.title)}</nav>
<h1>${e(page.title)}</h1><p class="meta">${e(page.author)} · ${words.published} ${page.date}${page.updated === page.date ? '' : ` · ${words.updated} ${page.updated}`}</p>
${page.summary === '' ? '' : `<p class="lead">${e(page.summary)}</p>`}
${blocks(frame)}
<section class="feedback"><h4>Was this page helpful?</h4><button>Yes</button><button>No</button></section></main>
<aside><h4>${words.related}</h4>${links(frame.related.slice(0, 5), 'see-also')}</aside></div>${newsletter(frame)}${footer(frame)}${cookieBanner(frame)}`;
};

const LAYOUTS: Readonly<Record<LayoutName, (frame: Frame) => string>> = {
  wiki,
  magazine,
  news,
  blog,
  portal,
  forum,
  docs,
};

const SCHEMA_TYPES: Readonly<Record<LayoutName, string | null>> = {
  wiki: 'Article',
  magazine: 'Article',
  news: 'NewsArticle',
  blog: 'BlogPosting',
  portal: null,
  forum: 'DiscussionForumPosting',
  docs: 'TechArticle',
};

function style(site: SampleSite): string {
  return `body{font:16px/1.5 Georgia,'Noto Serif CJK SC',serif;margin:0 auto;max-width:1080px;padding:0 16px;color:#222}a{color:${site.colour}}nav ul{display:flex;flex-wrap:wrap;gap:14px;list-style:none;padding:8px 0;margin:0}
header,.masthead,#header,.topbar{border-bottom:3px solid ${site.colour};padding:12px 0}.logo,.masthead a,.brand{font-size:28px;font-weight:bold;text-decoration:none}.layout,.columns{display:flex;gap:28px}.layout main,.story{flex:3}.layout aside,.rail{flex:1}.layout .side-nav ul{display:block}
.infobox{float:right;border:1px solid #aaa;margin:0 0 12px 16px;width:280px;font-size:14px}.toc{border:1px solid #ccc;display:inline-block;padding:8px 16px;background:#fafafa}.cookie-banner{position:fixed;bottom:0;left:0;right:0;background:#222;color:#fff;padding:8px 16px;font-size:14px}.cookie-banner p{display:inline;margin-right:12px}
.share-bar,.meta,.byline,.entry-meta,.info,.breadcrumbs,.breadcrumb,.crumb{color:#666;font-size:14px;margin:8px 0}.ticker{background:#b00;color:#fff;padding:4px 8px;font-size:13px}.promo,.summary,.widget,.newsletter-signup,.feedback,.advertisement{background:#f4f1ea;padding:12px;margin:16px 0}.post{display:flex;gap:16px;border-bottom:1px solid #ddd;padding:12px 0}.post-side{flex:0 0 70px;text-align:center;color:#666}
.site-footer,#footer,.footer{border-top:1px solid #ccc;margin-top:32px;padding:16px 0 64px;color:#666;font-size:13px}figure svg{width:100%}figcaption{font-size:13px;color:#666}.mw-editsection{font-size:13px;margin-left:8px;font-weight:normal}td,th{padding:4px 10px;text-align:left}`;
}

function head(frame: Frame, type: string | null): string {
  const { page, site } = frame;
  const charset = page.charset === 'utf-8' ? '' : page.charset;
  const meta =
    charset === ''
      ? '<meta charset="utf-8">'
      : `<meta http-equiv="Content-Type" content="text/html; charset=${charset}">`;
  return `<head>${meta}<title>${e(page.title)} - ${e(site.name)}</title><meta name="viewport" content="width=device-width"><meta name="author" content="${e(page.author)}"><meta property="article:published_time" content="${page.date}"><meta property="article:modified_time" content="${page.updated}"><meta property="og:title" content="${e(page.title)}"><meta property="og:site_name" content="${e(site.name)}"><meta property="og:type" content="article"><link rel="canonical" href="${page.path}"><style>${style(site)}</style>${type === null ? '' : linkedData(frame, type)}</head>`;
}

function frameOf(page: SamplePage, pages: readonly SamplePage[]): Frame {
  const site = siteOf(page.site);
  const others = pages.filter((other) => other !== page);
  const related = [
    ...others.filter((other) => other.site === page.site),
    ...others.filter(
      (other) => other.site !== page.site && siteOf(other.site).language === site.language,
    ),
  ];
  return { page, site, words: WORDS[site.language], related };
}

/** The site of a folder name. Throws when the folder has no entry in `SITES`. */
export function siteOf(name: string): SampleSite {
  const site = SITES[name];
  if (site === undefined) throw new Error(`sample web: no site is called ${name}`);
  return site;
}

/** The body of a page alone, as its layout has it: what a scripted page fetches for itself. */
export function pageBody(page: SamplePage, pages: readonly SamplePage[]): string {
  const frame = frameOf(page, pages);
  return LAYOUTS[frame.site.layout](frame);
}

/** The whole page as the server sends it (before encoding). A scripted page is an empty shell. */
export function pageHtml(page: SamplePage, pages: readonly SamplePage[]): string {
  const frame = frameOf(page, pages);
  const body = page.scripted
    ? `<div id="root"></div><noscript>${frame.words.noScript}</noscript><script>fetch(${JSON.stringify(`${page.path}.json`)}).then(function(r){return r.json()}).then(function(d){document.getElementById('root').innerHTML=d.html})</script>`
    : LAYOUTS[frame.site.layout](frame);
  const type = page.scripted ? null : SCHEMA_TYPES[frame.site.layout];
  return `<!DOCTYPE html>\n<html lang="${frame.site.language}">${head(frame, type)}<body>\n${body}\n</body></html>\n`;
}

/** The front page of a site: links to its pages. */
export function siteIndexHtml(name: string, pages: readonly SamplePage[]): string {
  const site = siteOf(name);
  const own = pages.filter((page) => page.site === name);
  return `<!DOCTYPE html>\n<html lang="${site.language}"><head><meta charset="utf-8"><title>${e(site.name)}</title><style>${style(site)}</style></head><body><h1>${e(site.name)}</h1><p>${e(site.tagline)}</p>${links(own, 'index')}</body></html>\n`;
}
