/** One earlier question, as it was understood, and what was answered. */
export interface Exchange {
  readonly question: string;
  /** Null while there is none. */
  readonly answer: string | null;
}

export interface Rewrite {
  readonly text: string;
  /** What was put back; null: by repeating the earlier question's words. */
  readonly topic: string | null;
  /** False where the rules had to choose among several topics, or had none. */
  readonly sure: boolean;
}
