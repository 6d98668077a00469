/**
 * Does the evidence say the opposite? Two signs: a negation that stands beside matched words on one
 * side only, and a word of an antonym pair whose opposite stands on the other side.
 */
import { tokenize } from '../../src/core/tokens.ts';
import type { TextProfile, ProfileToken } from './text-profile.ts';

const antonymPairs =
  'increase/decrease increased/decreased rise/fall rose/fell grow/shrink gain/lose won/lost win/lose higher/lower high/low highest/lowest larger/smaller largest/smallest big/small bigger/smaller more/fewer more/less most/least most/fewest before/after earlier/later early/late first/last oldest/youngest older/younger oldest/newest longest/shortest longer/shorter tallest/shortest north/south northern/southern east/west eastern/western left/right above/below upper/lower inside/outside public/private male/female man/woman men/women father/mother son/daughter brother/sister husband/wife accept/reject accepted/rejected allow/forbid allowed/banned legal/illegal possible/impossible true/false start/end began/ended begin/end open/close opened/closed import/export north/east south/west north/west south/east maximum/minimum positive/negative strong/weak rich/poor hot/cold warm/cool fast/slow old/young always/never all/none always/sometimes majority/minority support/oppose supported/opposed victory/defeat ally/enemy attack/defend above/under over/under profit/loss profits/losses buy/sell bought/sold buys/sells up/down upward/downward include/exclude included/excluded includes/excludes enable/disable enabled/disabled enables/disables required/optional mandatory/optional appear/disappear appeared/disappeared add/remove added/removed adds/removes permit/prohibit permitted/prohibited allowed/prohibited allowed/forbidden allows/forbids deny/allow admit/deny expand/contract expanded/contracted rises/falls rising/falling increases/decreases increasing/decreasing grew/shrank gained/lost succeeded/failed success/failure safe/dangerous same/different common/rare heavy/light heavier/lighter full/empty friend/enemy arrive/depart arrived/departed enter/leave entered/left lend/borrow lent/borrowed import/export imports/exports faster/slower better/worse best/worst stronger/weaker cheaper/dearer hotter/colder warmer/cooler wider/narrower deeper/shallower nearer/farther older/newer oldest/latest first/second second/third since/until within/outside ascending/descending synchronous/asynchronous static/dynamic mutable/immutable valid/invalid known/unknown visible/invisible active/inactive direct/indirect dependent/independent regular/irregular complete/incomplete likely/unlikely built/demolished completed/demolished opened/demolished created/destroyed hired/fired born/died parent/child teacher/student employer/employee host/guest winner/loser predecessor/successor former/latter ancestor/descendant';
const hanPairs =
  '增加/减少 上升/下降 提高/降低 最大/最小 最高/最低 最早/最晚 最多/最少 最长/最短 之前/之后 以前/以后 开始/结束 胜利/失败 支持/反对 允许/禁止 合法/非法 男性/女性 父亲/母亲 儿子/女儿 哥哥/弟弟 进口/出口 公开/秘密 北部/南部 东部/西部 北方/南方 东方/西方 多数/少数 出生/逝世 建立/解散 成立/解散 赢得/输掉 左侧/右侧 上游/下游 正面/负面 建成/拆除 建造/拆毁 上涨/下跌 增长/下降 扩大/缩小 提前/推迟 盈利/亏损 买入/卖出 购买/出售 高于/低于 多于/少于 大于/小于 早于/晚于 超过/不足 以上/以下 以内/以外 东北/西南 首次/再次 第一/第二 第二/第三 首先/最后 前者/后者 必须/可选 启用/禁用 添加/删除 增长/减少 成功/失败 存在/消失 进入/离开 到达/出发 升级/降级 加入/退出 同意/拒绝 承认/否认 公有/私有 国有/私营 白天/夜间 冬季/夏季 上午/下午 丈夫/妻子 老师/学生 冠军/亚军 前任/继任 最好/最差 最快/最慢 最强/最弱 较高/较低 较大/较小 更高/更低 更大/更小 更多/更少';

/** Words of the pairs, unstemmed: each with its first opposite. */
const written = new Map<string, string>();
for (const pair of `${antonymPairs} ${hanPairs}`.split(' ')) {
  const [a = '', b = ''] = pair.split('/');
  if (!written.has(a)) written.set(a, b);
  if (!written.has(b)) written.set(b, a);
}

const antonyms = new Map<string, Set<string>>();
function add(a: string, b: string): void {
  for (const [left, right] of [
    [a, b],
    [b, a],
  ] as const) {
    const known = antonyms.get(left) ?? new Set<string>();
    known.add(right);
    antonyms.set(left, known);
  }
}
for (const pair of antonymPairs.split(' ')) {
  const [a, b] = pair.split('/').map((word) => tokenize(word, { stem: true })[0]?.text ?? word);
  if (a !== undefined && b !== undefined && a !== b) add(a, b);
}
for (const pair of hanPairs.split(' ')) {
  const [a, b] = pair.split('/');
  if (a !== undefined && b !== undefined) add(a, b);
}

/** The opposite of a word as it is written in the pairs, in lower case, or null. */
export function antonymOf(word: string): string | null {
  return written.get(word) ?? null;
}

/** Opposites of a stemmed word, or of two characters. */
export function opposites(term: string): readonly string[] {
  return [...(antonyms.get(term) ?? [])];
}

/** How many antonym pairs the two texts are split by. */
export function antonymClashes(claim: TextProfile, evidence: TextProfile): number {
  const has = (profile: TextProfile, term: string): boolean =>
    profile.words.has(term) || profile.pairs.has(term);
  let clashes = 0;
  for (const term of new Set([...claim.words, ...claim.pairs])) {
    const opposites = antonyms.get(term);
    if (opposites === undefined || has(evidence, term)) continue;
    for (const opposite of opposites) {
      if (has(evidence, opposite) && !has(claim, opposite)) {
        clashes += 1;
        break;
      }
    }
  }
  return clashes;
}

/** Content words that follow a negation closely: what it denies. */
function denied(profile: TextProfile): { readonly after: Set<string>; readonly count: number } {
  const after = new Set<string>();
  let count = 0;
  const { tokens } = profile;
  tokens.forEach((token, index) => {
    if (!token.negation) return;
    count += 1;
    let taken = 0;
    const limit = token.unspaced ? 3 : 2;
    for (let next = index + 1; next < tokens.length && taken < limit; next += 1) {
      const word = tokens[next] as ProfileToken;
      if (word.weight < 0.2 || word.negation) continue;
      after.add(word.text);
      taken += 1;
    }
  });
  return { after, count };
}

/** They deny a thing, not a statement; stemmed. */
const WEAK_NEGATION = /^(?:without|fail|lack|fals|untru|deni|unabl|hardli|scarc)/u;
const NOT_ONLY = /^\s*(?:only|just|merely|仅|僅|只|但)/iu;

/** For each negation the content words that it denies: at most two, three characters of Chinese. */
export function denials(profile: TextProfile): string[][] {
  const { tokens, text } = profile;
  return tokens.flatMap((token, index) => {
    if (!token.negation || NOT_ONLY.test(text.slice(token.end))) return [];
    // "Don't Come Around Here" is a name.
    if (/^\p{Lu}/u.test(text.slice(token.start)) && token.start > 0) return [];
    if (WEAK_NEGATION.test(token.text)) return [];
    const group: string[] = [];
    const limit = token.unspaced ? 3 : 2;
    for (const word of tokens.slice(index + 1, index + 9)) {
      // A clause of its own is not denied.
      if (/[,;:，；：。.]/u.test(text.slice(token.end, word.start)) || group.length === limit)
        break;
      if (word.weight < 0.2 || word.negation) continue;
      group.push(word.text);
    }
    return [group];
  });
}

/**
 * 0 when the polarity agrees, else the number of words that one side denies and the other affirms.
 */
export function negationClashes(claim: TextProfile, evidence: TextProfile): number {
  const left = denied(claim);
  const right = denied(evidence);
  if (left.count === 0 && right.count === 0) return 0;
  let clashes = 0;
  for (const word of left.after) {
    // Denied in the claim: the evidence has to deny it as well.
    if (!right.after.has(word) && evidence.words.has(word)) clashes += 1;
  }
  if (left.count > 0 && right.count === 0) clashes += 1;
  for (const word of right.after) {
    if (claim.words.has(word) && !left.after.has(word)) clashes += 1;
  }
  return clashes;
}
