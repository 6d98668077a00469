/**
 * Checks what a text claims against references of any length. For use in the scorer's process; the
 * references of the last few texts stay prepared.
 */
import { LRUCache } from 'lru-cache';
import type { SupportVerdict } from '../../src/core/seams.ts';
import type { CrossEncoder } from '../../src/runtime/cross-encoder/cross-encoder.ts';
import { checkClaims } from '../support/check-claims.ts';
import { ReferenceWindows } from './reference-windows.ts';
import { checkCell, referenceTables, type ReferenceTable } from './table-cells.ts';
import type { TableCell } from './text-claims.ts';

interface ClaimToVerify {
  readonly claim: string;
  readonly question?: string | undefined;
  readonly before?: readonly string[] | undefined;
  /** 0-based references that the text names for this claim; absent: any may hold it. */
  readonly only?: readonly number[] | undefined;
  readonly cells?: readonly TableCell[] | undefined;
}

export interface VerifyInput {
  /** Names the references below; the same name must mean the same references. */
  readonly key: string;
  readonly claims: readonly ClaimToVerify[];
  readonly references: readonly { readonly title?: string | undefined; readonly text: string }[];
}

interface Prepared {
  readonly windows: ReferenceWindows;
  readonly tables: readonly ReferenceTable[];
}

const MOST_WINDOWS = 6;
const prepared = new LRUCache<string, Prepared>({ max: 4 });

/**
 * One verdict a claim, in their order; evidence indexes the given references.
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function verifyClaims(
  { key, claims, references }: VerifyInput,
  crossEncoder: Pick<CrossEncoder, 'support' | 'supportOdds'> | null,
  options: { readonly signal: AbortSignal },
): Promise<readonly SupportVerdict[]> {
  let known = prepared.get(key);
  if (known === undefined) {
    known = { windows: new ReferenceWindows(references), tables: referenceTables(references) };
    prepared.set(key, known);
  }
  const { windows, tables } = known;
  const verdicts: SupportVerdict[] = [];
  for (const one of claims) {
    const allowed = one.only === undefined ? null : new Set(one.only);
    const byTable = rowVerdict(
      one.cells ?? [],
      allowed === null ? tables : tables.filter(({ reference }) => allowed.has(reference)),
    );
    if (byTable !== null) {
      verdicts.push(byTable);
      continue;
    }
    const found = windows.find(one.claim, MOST_WINDOWS, allowed);
    const texts = found.map(({ reference, text }) => ({
      title: references[reference]?.title,
      text,
    }));
    const [verdict] = await checkClaims([one], texts, crossEncoder, options);
    const { evidence, ...rest } = verdict as SupportVerdict;
    verdicts.push({
      ...rest,
      evidence: evidence.flatMap(({ reference, start, end }) => {
        const window = found[reference];
        return window === undefined
          ? []
          : [
              {
                reference: window.reference,
                start: window.start + start,
                end: window.start + end,
              },
            ];
      }),
    });
  }
  return verdicts;
}

/** A row whose cells all stand in tables of the references; null where any does not. */
function rowVerdict(
  cells: readonly TableCell[],
  tables: readonly ReferenceTable[],
): SupportVerdict | null {
  if (cells.length === 0 || tables.length === 0) return null;
  const found = cells.map((cell) => checkCell(cell, tables));
  const known = found.filter((one) => one !== null);
  if (known.length === 0) return null;
  const wrong = known.filter(({ agrees }) => !agrees);
  // Cells that no table holds are left to the words, unless another cell is wrong already.
  if (wrong.length === 0 && known.length < found.length) return null;
  const evidence = (wrong.length > 0 ? wrong : known).map(({ reference, start, end }) => ({
    reference,
    start,
    end,
  }));
  const supported = wrong.length === 0;
  return {
    verdict: supported ? 'supported' : 'contradicted',
    support: supported ? 1 : 0,
    attributable: supported,
    evidence: evidence.filter(
      (one, index) =>
        evidence.findIndex(
          (other) => other.reference === one.reference && other.start === one.start,
        ) === index,
    ),
  };
}
