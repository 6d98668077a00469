/** Cards of the sources: what was cited first, what was only considered folded away. */
import type { Answer, AnswerReference, Citation } from '../core/nouns.ts';
import { element, icon, sourceLink } from './element.ts';
import { passageView } from './passage-view.ts';
import type { Words } from './words.ts';

const CONTEXT = 110;

export interface SourcesState {
  readonly references: readonly AnswerReference[];
  readonly answer: Answer | null;
}

/** Draws the cards into `box`; hides it while there are none. */
export function drawSources(
  box: HTMLElement,
  state: SourcesState,
  words: Words,
  passageId: (reference: number) => string,
): void {
  const { references, answer } = state;
  box.hidden = references.length === 0;
  const citations = answer?.sentences.flatMap((sentence) => sentence.citations) ?? [];
  const card = (reference: AnswerReference): HTMLElement =>
    sourceCard(
      reference,
      citations.filter((citation) => citation.reference === reference.number),
      words,
      passageId(reference.number),
    );
  const cited = new Set(citations.map(({ reference }) => reference));
  const folded = answer !== null && !answer.abstained && cited.size > 0;
  const first = references.filter(({ number }) => !folded || cited.has(number));
  const rest = references.filter(({ number }) => folded && !cited.has(number));
  const heading = answer?.abstained === true ? words.closest : words.sources;
  box.replaceChildren(
    element('h3', { class: 'label' }, heading),
    element('ol', { class: 'cards' }, ...first.map(card)),
    rest.length === 0
      ? ''
      : element(
          'details',
          { class: 'others' },
          element('summary', {}, words.otherSources(rest.length)),
          element('ol', { class: 'cards' }, ...rest.map(card)),
        ),
  );
}

/** Why a source was chosen is its quotation, or before there is one its best evidence sentence. */
function sourceCard(
  reference: AnswerReference,
  citations: readonly Citation[],
  words: Words,
  passageId: string,
): HTMLElement {
  const quoted = citations[0] ?? reference.evidence?.[0] ?? null;
  const passage = passageView(reference, quoted, CONTEXT);
  passage.id = passageId;
  const meta = [
    reference.site,
    reference.published_at?.slice(0, 10),
    citations.length === 0 ? null : words.citedTimes(citations.length),
  ].filter((part) => part !== null && part !== undefined && part !== '');
  return element(
    'li',
    { class: 'card', 'data-reference': String(reference.number) },
    element(
      'h4',
      {},
      element('span', { class: 'number' }, String(reference.number)),
      sourceLink(
        citations[0]?.url ?? reference.url,
        {},
        reference.title || reference.url,
        icon('out'),
        element('span', { class: 'unseen' }, ` ${words.newTab}`),
      ),
    ),
    element('p', { class: 'meta' }, meta.join(' · ')),
    quoted === null ? null : element('span', { class: 'unseen' }, `${words.why}: `),
    passage,
  );
}
