/**
 * Conversations, in this browser only (localStorage, one entry each). The oldest go when there are too
 * many or the browser's quota is full; where storage is refused (private windows) nothing is kept.
 */
import type { Answer } from '../core/nouns.ts';

interface SavedTurn {
  readonly question: string;
  readonly answer: Answer;
}

export interface Conversation {
  readonly id: string;
  /** Milliseconds since 1970 of the last answer. */
  readonly at: number;
  readonly turns: readonly SavedTurn[];
}

const PREFIX = 'footnote.conversation.';
const MOST = 60;

export const conversationStore = {
  /** Newest first. */
  list(): Conversation[] {
    return entryNames()
      .flatMap((name) => {
        const kept = read(name);
        return kept === null ? [] : [kept];
      })
      .toSorted((a, b) => b.at - a.at);
  },

  get(id: string): Conversation | null {
    return read(PREFIX + id);
  },

  save(conversation: Conversation): void {
    const text = JSON.stringify(conversation);
    for (;;) {
      const oldest = this.list()
        .filter(({ id }) => id !== conversation.id)
        .at(-1);
      try {
        localStorage.setItem(PREFIX + conversation.id, text);
        if (oldest !== undefined && entryNames().length > MOST) this.remove(oldest.id);
        return;
      } catch {
        if (oldest === undefined || !available()) return;
        this.remove(oldest.id);
      }
    }
  },

  remove(id: string): void {
    localStorage.removeItem(PREFIX + id);
  },

  clear(): void {
    for (const name of entryNames()) localStorage.removeItem(name);
  },
};

function available(): boolean {
  try {
    return localStorage.length >= 0;
  } catch {
    return false;
  }
}

function entryNames(): string[] {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
}

function read(name: string): Conversation | null {
  try {
    const kept = JSON.parse(localStorage.getItem(name) ?? 'null') as Conversation | null;
    return kept !== null && Array.isArray(kept.turns) && kept.turns.length > 0 ? kept : null;
  } catch {
    return null;
  }
}
