/** One draft, checked unit by unit; its supported sentences become points of the answer. */
import type { LooseSentence } from '../answer-body.ts';
import type { CheckedUnit } from '../pipeline-parts.ts';
import type { DraftUnit } from './draft-units.ts';
import { named, type Points } from './points.ts';

export type CheckUnits = (
  units: readonly DraftUnit[],
  before: readonly string[],
) => Promise<readonly CheckedUnit[]>;

interface Candidate {
  readonly unit: DraftUnit;
  readonly checked: CheckedUnit;
}

export class CheckedDraft {
  readonly #check: CheckUnits;
  readonly #candidates: Candidate[] = [];
  /** How many of the candidates were offered to the answer. */
  #offered = 0;
  /** The last candidate that was offered was told. */
  #follows = true;

  constructor(check: CheckUnits) {
    this.#check = check;
  }

  /** Sentences of the references that carry what was written wrongly, in the draft's order. */
  get quotations(): readonly LooseSentence[] {
    return this.#candidates.flatMap(({ checked }) => checked.quotation ?? []);
  }

  /**
   * The first sentence, which is the one that answers; null where it is not supported, or nothing is
   * checked yet. Lines that claim nothing, such as "Follow these steps:", do not count.
   */
  get first(): LooseSentence | null {
    const first = this.#candidates.find(({ checked }) => checked.verdict !== 'no-claim');
    return first?.checked.sentence ?? null;
  }

  async add(units: readonly DraftUnit[]): Promise<void> {
    const before = this.#candidates.flatMap(({ checked }) => checked.sentence?.text ?? []);
    const checked = await this.#check(units, before);
    for (const [index, unit] of units.entries()) {
      const one = checked[index];
      if (one !== undefined) this.#candidates.push({ unit, checked: one });
    }
  }

  /** Offers the supported sentences that were not offered yet; returns those that are told now. */
  async tell(points: Points, further: boolean): Promise<LooseSentence[]> {
    const { listing } = points;
    const told: LooseSentence[] = [];
    for (const { unit, checked } of this.#candidates.slice(this.#offered)) {
      this.#offered += 1;
      // A bare name is an item of a list, and nothing by itself.
      const bare = unit.form === 'item' && !listing && unit.text.split(/\s+/u).length < 4;
      const sentence = bare && !/\p{Script=Han}/u.test(unit.text) ? null : checked.sentence;
      const how = { follows: this.#follows, further };
      let taken = sentence === null ? null : points.take(sentence, unit, how);
      if (taken === null && sentence !== null && !this.#follows && !points.full) {
        const again = await this.#named(sentence.text, unit);
        if (again !== null) taken = points.take(again, unit, how);
      }
      if (taken !== null) told.push(taken);
      this.#follows = taken !== null;
    }
    return told;
  }

  /** "He …" after a sentence that is not told: the same with the name, checked again. */
  async #named(text: string, unit: DraftUnit): Promise<LooseSentence | null> {
    const at = this.#candidates.findIndex((one) => one.unit === unit);
    const earlier = this.#candidates.slice(0, at).map((one) => one.unit.text);
    const renamed = named(text, earlier);
    if (renamed === null) return null;
    const [checked] = await this.#check([{ ...unit, text: renamed }], []);
    return checked?.sentence ?? null;
  }
}
