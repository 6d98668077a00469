const TRACKING =
  /^(?:utm_\w+|mtm_\w+|pk_\w+|piwik_\w+|matomo_\w+|hsa_\w+|ga_\w+|_ga|_gl|_hsenc|_hsmi|gclid|gclsrc|gbraid|wbraid|dclid|fbclid|msclkid|yclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid|mkt_tok|oly_anon_id|oly_enc_id|vero_id|wickedid|srsltid|ref_src|ref_url|spm|share_token|_branch_match_id|cmpid|ncid|ocid|cvid)$/iu;
const INDEX_PAGE = /\/(?:index|default)\.(?:html?|php|aspx?|jsp)$/iu;
const MOBILE = /^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)/u;

/**
 * A URL's canonical form, for comparison only (never to be fetched): two URLs of the same page have
 * the same one. Without fragment, credentials, tracking parameters, default port, trailing slash,
 * index page and `www.`, `m.`, `amp.` host; parameters sorted; `http` and `https` alike; Wikipedia's
 * `.m.` hosts and Chinese variant paths as the desktop article. Text that is no URL comes back as it is.
 * The function is idempotent.
 */
export function canonicalUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return text.trim();
  }
  if (url.protocol === 'file:') return `file://${url.host}${normalPath(url.pathname)}`;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return text.trim();
  const port = url.port === '' || url.port === '80' || url.port === '443' ? '' : `:${url.port}`;
  const host = canonicalHost(url.hostname);
  let path = normalPath(url.pathname).replace(INDEX_PAGE, '/');
  if (host.endsWith('.wikipedia.org')) path = path.replace(/^\/zh-(?:\w+)\//u, '/wiki/');
  path = path.replace(/\/+$/u, '');
  const parameters = [...url.searchParams]
    .filter(([name]) => !TRACKING.test(name))
    .sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)));
  const query = parameters.length === 0 ? '' : `?${new URLSearchParams(parameters).toString()}`;
  return `https://${host}${port}${path}${query}`;
}

function canonicalHost(hostname: string): string {
  let host = hostname.toLowerCase().replace(/\.$/u, '');
  for (let before = ''; before !== host;) {
    before = host;
    host = host.replace(MOBILE, '');
  }
  return host.replace(
    /^([a-z-]+)\.m\.(?=(?:wikipedia|wiktionary|wikimedia|wikiquote)\.org$)/u,
    '$1.',
  );
}

/** Percent-escapes in one form: decoded where the character needs none, upper-case where it does. */
function normalPath(path: string): string {
  const collapsed = path.replace(/\/{2,}/gu, '/');
  return collapsed
    .split('/')
    .map((part) => {
      try {
        return encodeURIComponent(decodeURIComponent(part));
      } catch {
        return part;
      }
    })
    .join('/');
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
