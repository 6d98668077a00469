/**
 * SimpleQA's scores (Wei et al. 2024): every answer is correct, incorrect or not attempted. `f_score` is
 * the harmonic mean of the share correct and the share correct of those attempted.
 */
export type SimpleGrade = 'correct' | 'incorrect' | 'not-attempted';

export interface SimpleScores {
  readonly correct: number;
  readonly incorrect: number;
  readonly not_attempted: number;
  readonly correct_given_attempted: number;
  readonly f_score: number;
}

export function simpleScores(grades: readonly SimpleGrade[]): SimpleScores {
  const share = (grade: SimpleGrade): number =>
    grades.length === 0 ? 0 : grades.filter((one) => one === grade).length / grades.length;
  const correct = share('correct');
  const incorrect = share('incorrect');
  const attempted = correct + incorrect;
  const given = attempted === 0 ? 0 : correct / attempted;
  return {
    correct,
    incorrect,
    not_attempted: share('not-attempted'),
    correct_given_attempted: given,
    f_score: correct === 0 ? 0 : (2 * given * correct) / (given + correct),
  };
}
