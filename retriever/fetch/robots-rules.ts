/**
 * robots.txt by RFC 9309, read as Google's open-source parser reads it (its 142 published cases are
 * the measure; the npm parser tried first got 125 of them): user agents by their product token,
 * longest match wins, allow wins ties, `*` and `$`, non-ASCII patterns compared percent-encoded.
 *
 * Matching is a left-to-right search for the literal parts of a pattern, so a hostile file costs
 * time linear in its size, not a regular expression's backtracking.
 */

interface Rule {
  readonly allow: boolean;
  /** Length of the pattern: the priority of the rule. */
  readonly priority: number;
  /** Literal parts between `*`. */
  readonly parts: readonly string[];
  /** Sum of the lengths of the parts. */
  readonly literal: number;
  readonly anchored: boolean;
}

export interface RobotsRules {
  /** May the agent fetch this path (`/path?query`, as the URL parser gives it)? */
  isAllowed(path: string): boolean;
}

/** Eight times the longest URL of old browsers: what Google's parser reads of one line. */
const MAX_LINE_LENGTH = 2_083 * 8 - 1;
const KEYS = new Map<string, 'agent' | 'allow' | 'disallow' | 'other'>([
  ['user-agent', 'agent'],
  ['useragent', 'agent'],
  ['user agent', 'agent'],
  ['allow', 'allow'],
  ['disallow', 'disallow'],
  ['dissallow', 'disallow'],
  ['dissalow', 'disallow'],
  ['disalow', 'disallow'],
  ['diasllow', 'disallow'],
  ['disallaw', 'disallow'],
]);

/**
 * Reads a robots.txt for one agent.
 * @param agent the product token, without a version: `footnote`
 */
export function parseRobots(text: string, agent: string): RobotsRules {
  const wanted = agent.toLowerCase();
  const specific: Rule[] = [];
  const global: Rule[] = [];
  let seenSpecific = false;
  let inSpecific = false;
  let inGlobal = false;
  let inRules = false;
  for (const raw of stripByteOrderMark(text).split(/\r\n|\r|\n/u)) {
    const line = parseLine(raw.slice(0, MAX_LINE_LENGTH));
    if (line === null) continue;
    const { key, value } = line;
    if (key === 'agent') {
      if (inRules) {
        inSpecific = false;
        inGlobal = false;
        inRules = false;
      }
      if (/^\*(?:\s|$)/u.test(value)) inGlobal = true;
      else if ((/^[a-z_-]+/iu.exec(value)?.[0] ?? '').toLowerCase() === wanted && wanted !== '') {
        inSpecific = true;
        seenSpecific = true;
      }
    } else if (key === 'allow' || key === 'disallow') {
      inRules = true;
      if (!inSpecific && !inGlobal) continue;
      const rules = rulesOf(key === 'allow', value);
      if (inSpecific) specific.push(...rules);
      if (inGlobal) global.push(...rules);
    }
  }
  const rules = seenSpecific ? specific : global;
  return { isAllowed: (path) => isAllowed(rules, path) };
}

/** The part of a URL that rules are compared with: path and query, in the parser's encoding. */
export function robotsPath(url: URL): string {
  return upperCaseEscapes(`${url.pathname}${url.search}`);
}

function isAllowed(rules: readonly Rule[], path: string): boolean {
  let allow = -1;
  let disallow = -1;
  for (const rule of rules) {
    if (rule.priority <= (rule.allow ? allow : disallow)) continue;
    if (!matches(rule, path)) continue;
    if (rule.allow) allow = rule.priority;
    else disallow = rule.priority;
  }
  return disallow <= 0 || allow >= disallow;
}

function matches(rule: Rule, path: string): boolean {
  if (rule.literal > path.length) return false;
  const { parts, anchored } = rule;
  const last = parts.length - 1;
  if (!path.startsWith(parts[0] ?? '')) return false;
  let at = (parts[0] ?? '').length;
  if (last === 0) return !anchored || at === path.length;
  for (let index = 1; index <= last; index += 1) {
    const part = parts[index] ?? '';
    if (index === last && anchored) return path.endsWith(part) && path.length - part.length >= at;
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return true;
}

function rulesOf(allow: boolean, value: string): Rule[] {
  // "Allow:" and "Disallow:" without a path say nothing.
  if (value === '') return [];
  const pattern = escapePattern(value);
  const rules = [makeRule(allow, pattern)];
  // Allowing /index.html means the folder as well.
  const folder = /^(.*\/)index\.html?/u.exec(pattern)?.[1];
  if (allow && folder !== undefined) rules.push(makeRule(true, `${folder}$`));
  return rules;
}

function makeRule(allow: boolean, pattern: string): Rule {
  const anchored = pattern.endsWith('$');
  const parts = (anchored ? pattern.slice(0, -1) : pattern).split(/\*+/u);
  return {
    allow,
    priority: pattern.length,
    parts,
    literal: parts.reduce((sum, part) => sum + part.length, 0),
    anchored,
  };
}

function parseLine(line: string): { key: string; value: string } | null {
  const text = line.split('#', 1)[0]?.trim() ?? '';
  if (text === '') return null;
  let split = text.indexOf(':');
  if (split < 0) {
    // Forgiven: a blank in place of the colon, when there are exactly two words.
    split = text.search(/[ \t]/u);
    if (split < 0 || /[ \t]/u.test(text.slice(split).trim())) return null;
  }
  const key = KEYS.get(text.slice(0, split).trim().toLowerCase());
  return key === undefined ? null : { key, value: text.slice(split + 1).trim() };
}

function escapePattern(pattern: string): string {
  return upperCaseEscapes(
    pattern.replace(/\P{ASCII}+/gu, (characters) =>
      // A line cut in the middle of a surrogate pair must not throw.
      encodeURIComponent(Buffer.from(characters, 'utf8').toString('utf8')),
    ),
  );
}

function upperCaseEscapes(text: string): string {
  return text.replace(/%[0-9a-f]{2}/giu, (escape) => escape.toUpperCase());
}

function stripByteOrderMark(text: string): string {
  return text.replace(/^\uFEFF/u, '');
}
