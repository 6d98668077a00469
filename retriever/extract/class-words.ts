/**
 * What class names, ids and roles say about a part of a page, as one bit per group. Drawn from the
 * naming habits of content systems and themes, not from single sites.
 */
const CLASS_GROUPS = {
  content: /article|content|entry|main|post|text|blog|story|hentry|prose|markdown|body/iu,
  body: /article[-_]{0,2}(?:body|content|text)|(?:post|entry|story|news|page|blog)[-_]{0,2}(?:body|content|text|article)|body[-_]?(?:copy|text|content)|mw-parser-output|richtext|rich-text|js_content|rte\b/iu,
  comment: /comment|disqus|respons(?!ive)|repl(?:y|ies)|discuss|feedback|rating|livefyre|coral/iu,
  related:
    /relat|recommend|read-?(?:more|next|also)|more-?(?:from|stor|news|article|on|link)|also|trend|popular|latest|most-?(?:read|view)|recirc|outbrain|taboola|teaser|carousel|slider|swiper|headlines|up-?next|see-?also|crosslink|in-?line-?(?:link|stor)/iu,
  social:
    /shar(?:e|ing)|social|follow|facebook|twitter|addthis|whatsapp|pinterest|print|e-?mail|like-?(?:box|button)/iu,
  advert:
    /(?:^|[\s_-])ads?(?:$|[\s_-]|slot|unit|box|wrap)|advert|sponsor|banner|promo|dfp|affiliate|commercial|shop|product|price|deal/iu,
  signup:
    /newsletter|subscri|sign-?(?:up|in)|log-?in|regist|paywall|donat|cta(?:$|[\s_-])|member|modal|popup|pop-up|overlay|dialog|call-?to/iu,
  meta: /by-?line|author|dateline|meta(?:$|[\s_-]|data)|timestamp|(?:^|[\s_-])date|publish|posted|(?:^|[\s_-])time|kicker|eyebrow|source|info(?:$|[\s_-])|read-?time/iu,
  bio: /(?:^|[\s_-])bio|about-?(?:the-?)?author|author-?(?:box|info|card|desc|bio)|profile|contributor/iu,
  caption:
    /caption|credit|figure|image|img|photo|gallery|media|video|thumb|picture|slideshow|embed/iu,
  nav: /nav(?!y|al)|menu|breadcrumb|masthead|topbar|toolbar|pagin|pager|skip|crumb|tabs?(?:$|[\s_-])|dropdown/iu,
  header: /head(?:er|$|[\s_-])|title|headline|hero|banner/iu,
  footer: /foot|copyright|legal|disclaimer|bottom|colophon|correction|endnote/iu,
  sidebar:
    /side-?bar|aside|widget|rail(?:$|[\s_-])|secondary|complementary|sidebox|infobox|fact-?box|module/iu,
  tags: /(?:^|[\s_-])tags?(?:$|[\s_-]|s?list|cloud)|topics?(?:$|[\s_-])|categor|keyword|label/iu,
  cookie: /cookie|consent|gdpr|privacy|onetrust/iu,
  hidden:
    /(?:^|[\s_-])hid(?:e|den)|sr-only|visually|screen-?reader|noscript|collapse|offscreen|d-none|no-?print/iu,
  summary:
    /summary|(?:^|[\s_-])lea?de?(?:$|[\s_-])|intro|standfirst|sub-?(?:title|head)|(?:^|[\s_-])dek|excerpt|description|abstract|key-?points|highlights/iu,
  quote: /quot/iu,
  post: /(?:^|[\s_-])(?:post|message|answer|question|topic)(?:$|[\s_-]?(?:body|content|text|message|cell|bodycopy))/iu,
} as const;

export type ClassGroup = keyof typeof CLASS_GROUPS;
export const CLASS_GROUP_NAMES = Object.keys(CLASS_GROUPS) as readonly ClassGroup[];
const PATTERNS = Object.values(CLASS_GROUPS);

/** Bit `i` is set when group `i` of `CLASS_GROUP_NAMES` matches. */
export function classBits(words: string): number {
  const known = cache.get(words);
  if (known !== undefined) return known;
  let bits = 0;
  PATTERNS.forEach((pattern, index) => {
    if (pattern.test(words)) bits |= 1 << index;
  });
  if (cache.size > 20_000) cache.clear();
  cache.set(words, bits);
  return bits;
}

const cache = new Map<string, number>();

export function groupBit(group: ClassGroup): number {
  return 1 << CLASS_GROUP_NAMES.indexOf(group);
}
