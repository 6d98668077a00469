/** Tables of held-out figures for the training and the evaluation commands. */
import { stableHash } from '../trees/stable-hash.ts';
import {
  FUSION,
  passageScores,
  type FusionWeights,
} from '../../../retriever/rank/fusion/passage-scores.ts';
import type { LabelledQuestion } from './collect-training-set.ts';

const percent = (part: number, all: number): string => (part / Math.max(1, all)).toFixed(3);

/** Gold answer in the best 1, 2, 3 and 5 sentences, and the ceiling of the candidates. */
export function reportEvidence(
  questions: readonly LabelledQuestion[],
  scores: readonly (readonly number[])[],
): void {
  console.log(
    'gold answer in the best n sentences | n @1 @2 @3 @5 | anywhere in candidates | gold sentence @1',
  );
  for (const language of ['en', 'zh', 'zh-Hans', 'zh-Hant']) {
    const hits = [0, 0, 0, 0];
    let ceiling = 0;
    let strict = 0;
    let count = 0;
    questions.forEach(({ question, kind, labels, evidence }, at) => {
      if (kind !== 'answerable' || !question.lang.startsWith(language)) return;
      count += 1;
      const order = evidence.candidates
        .map((_, index) => index)
        .sort((a, b) => (scores[at]?.[b] ?? 0) - (scores[at]?.[a] ?? 0));
      [1, 2, 3, 5].forEach((n, slot) => {
        if (order.slice(0, n).some((index) => (labels[index] ?? 0) > 0))
          hits[slot] = (hits[slot] ?? 0) + 1;
      });
      if (labels.some((label) => label > 0)) ceiling += 1;
      if (labels[order[0] ?? -1] === 1) strict += 1;
    });
    console.log(
      language.padEnd(8),
      count,
      ...hits.map((hit) => percent(hit, count)),
      '|',
      percent(ceiling, count),
      '|',
      percent(strict, count),
    );
  }
}

/** Risk and coverage: thresholds that keep a share of the answerable questions, and what they let through. */
export function reportAnswerability(
  questions: readonly LabelledQuestion[],
  scores: readonly (readonly number[])[],
  predictions: readonly number[],
): void {
  console.log(
    'answerability | language, kept answerable: threshold | abstained: unanswerable, off-topic en, off-topic zh | right among kept',
  );
  const of = (kind: string, language: string): number[] =>
    questions.flatMap((question, at) =>
      question.kind === kind && question.language.startsWith(language)
        ? [predictions[at] ?? 0]
        : [],
    );
  for (const language of ['', 'en', 'zh']) {
    const answerable = of('answerable', language).toSorted((a, b) => a - b);
    for (const keep of [0.99, 0.97, 0.95, 0.9, 0.8]) {
      const threshold = answerable[Math.floor((1 - keep) * answerable.length)] ?? 0;
      const below = (list: readonly number[]): string =>
        percent(list.filter((p) => p < threshold).length, list.length);
      let kept = 0;
      let right = 0;
      questions.forEach((question, at) => {
        const { kind, labels } = question;
        if (kind !== 'answerable' || !question.language.startsWith(language)) return;
        if ((predictions[at] ?? 0) < threshold) return;
        kept += 1;
        const list = scores[at] ?? [];
        const best = list.indexOf(Math.max(...list));
        if ((labels[best] ?? 0) > 0) right += 1;
      });
      console.log(
        (language || 'all').padEnd(4),
        keep.toFixed(2),
        `: ${threshold.toFixed(3)} |`,
        below(of('unanswerable', '')),
        below(of('off-topic', 'en')),
        below(of('off-topic', 'zh')),
        '|',
        percent(right, kept),
      );
    }
  }
}

/** Passage with the gold answer first and among the first five, for several fusions; even pages and odd ones apart. */
export function reportPassages(
  questions: readonly LabelledQuestion[],
  probabilities: readonly (readonly number[])[],
): void {
  console.log('gold passage @1 / @5 | fusion | en even, en odd | zh even, zh odd');
  const fusions: Record<string, FusionWeights> = {
    'bm25 only': { bm25: 1, dense: 0, evidence: 0, coverage: 0 },
    'bm25 + dense': { bm25: 0.5, dense: 1, evidence: 0, coverage: 0 },
    'evidence only': { bm25: 0, dense: 0, evidence: 1, coverage: 0 },
    'evidence + 0.2 bm25': { bm25: 0.2, dense: 0, evidence: 1, coverage: 0 },
    'evidence + 0.4 bm25': { bm25: 0.4, dense: 0, evidence: 1, coverage: 0 },
    'evidence + 0.4 bm25 + 0.4 dense': { bm25: 0.4, dense: 0.4, evidence: 1, coverage: 0 },
    'evidence + 0.2 bm25 + 0.2 dense': { bm25: 0.2, dense: 0.2, evidence: 1, coverage: 0 },
    'evidence + 0.3 bm25 + 0.3 coverage': { bm25: 0.3, dense: 0, evidence: 1, coverage: 0.3 },
    'evidence + 0.8 bm25 + 0.4 dense': { bm25: 0.8, dense: 0.4, evidence: 1, coverage: 0 },
    'as shipped': FUSION,
  };
  for (const [name, fusion] of Object.entries(fusions)) {
    const cells: string[] = [];
    for (const language of ['en', 'zh']) {
      for (const parity of [0, 1]) {
        let first = 0;
        let five = 0;
        let count = 0;
        questions.forEach(({ language: own, kind, question, evidence, passageGold }, at) => {
          if (own !== language || kind !== 'answerable' || !passageGold.includes(true)) return;
          if (stableHash(`half ${question.page_id}`) % 2 !== parity) return;
          count += 1;
          const scores = passageScores(evidence, probabilities[at] ?? [], fusion);
          const gold = Math.max(
            ...scores.map(({ score }, index) => (passageGold[index] ? score : -Infinity)),
          );
          const above = scores.filter(
            ({ score }, index) => score > gold && !passageGold[index],
          ).length;
          if (above === 0) first += 1;
          if (above < 5) five += 1;
        });
        cells.push(`${percent(first, count)}/${percent(five, count)} (${count})`);
      }
    }
    console.log(name.padEnd(36), cells.join('  '));
  }
}
