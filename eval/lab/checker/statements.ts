/** A question and its answer as one statement, English and Chinese; null where no simple rule is known. */

/** The statement, and where in it the answer stands. */
export interface Statement {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const ASKED_HAN =
  /什[么麼][时時]候|什[么麼][时時][间間]|什[么麼]地方|什[么麼]|哪[一]?[个個年国國位座种種家所部首场場支省市县縣天月]|哪[裡里]|何[时時]|何地|何[处處]|[谁誰]|多少[^，。？?是]?|[几幾][^，。？?是]?|何/u;
const AUXILIARY =
  /^(?:is|was|are|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must|s|['’]s|kind|type|types|kinds|sort|of)$/iu;
const SUBJECT =
  /^(?:who|what|which(?: \p{L}+){1,2}?|what(?: \p{L}+){1,2}?|how many(?: \p{L}+){1,2}?) (\p{Ll}+(?:ed|s|ew|id|on|ade|ound|ook|ame|an|ote|ent|eld|ept|aught|ought|ost|ut|et)) (.+)$/iu;
const EQUALS =
  /^(?:who|what|which(?: \p{L}+){1,2}?|what(?: \p{L}+){1,2}?|when|where) (is|was|are|were) ((?:the|a|an|one) .+)$/iu;

export function statement(question: string, answer: string, chinese: boolean): Statement | null {
  const bare = question.trim().replace(/[?？]+$/u, '');
  return chinese ? inChinese(bare, answer) : inEnglish(bare, answer.replace(/[.。]$/u, ''));
}

function inChinese(question: string, answer: string): Statement | null {
  const asked = ASKED_HAN.exec(question);
  if (
    asked === null ||
    /[？?，,]$|为什|為什|怎|如何|嗎|吗/u.test(question) ||
    ASKED_HAN.test(question.slice(asked.index + asked[0].length))
  )
    return null;
  const before = question.slice(0, asked.index);
  const unit = /^(?:多少|[几幾])([^，。？?是])$/u.exec(asked[0])?.[1] ?? '';
  const keepsUnit =
    unit !== '' && !answer.includes(unit) && /^[\d一二三四五六七八九十百千万萬.,]+$/u.test(answer);
  const after = (keepsUnit ? unit : '') + question.slice(asked.index + asked[0].length);
  return placed(before, answer, `${after}。`);
}

function inEnglish(question: string, answer: string): Statement | null {
  const equals = EQUALS.exec(question);
  if (equals !== null) {
    const [, verb = '', rest = ''] = equals;
    // "the name of the man who …": what is asked for comes last.
    return placed(`${rest.charAt(0).toUpperCase()}${rest.slice(1)} ${verb} `, answer, '.');
  }
  const subject = SUBJECT.exec(question);
  if (subject === null) return null;
  const [, verb = '', rest = ''] = subject;
  if (AUXILIARY.test(verb) || AUXILIARY.test(rest.split(' ')[0] ?? '')) return null;
  return placed('', `${answer.charAt(0).toUpperCase()}${answer.slice(1)}`, ` ${verb} ${rest}.`);
}

function placed(before: string, answer: string, after: string): Statement {
  return {
    text: before + answer + after,
    start: before.length,
    end: before.length + answer.length,
  };
}
