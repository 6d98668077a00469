/** References that are read once and kept for the next sentences of the answers that are being written. */
import { LRUCache } from 'lru-cache';
import type { SupportReference } from '../../src/core/seams.ts';
import type { PreparedReferences } from './checker-features.ts';
import { readEvidenceSource, type EvidenceSource } from './compose-evidence.ts';
import { profileReference, type ReferenceProfile } from './features.ts';
import { profileOf } from './text-profile.ts';

const KEPT_REFERENCES = 64;
const KEPT_SETS = 16;
const kept = new LRUCache<string, { profile: ReferenceProfile; source: EvidenceSource }>({
  max: KEPT_REFERENCES,
});
const sets = new LRUCache<string, PreparedReferences>({ max: KEPT_SETS });

/** Time is linear in the texts, which are cut at 40,000 characters each; known ones cost nothing. */
export function prepareReferences(references: readonly SupportReference[]): PreparedReferences {
  const keys = references.map(({ title = '', text }) => `${title}\u0000${text}`);
  const key = keys.join('\u0001');
  const known = sets.get(key);
  if (known !== undefined) return known;
  const read = references.map(({ title = '', text }, index) => {
    const own = kept.get(keys[index] ?? '');
    if (own !== undefined) return own;
    const fresh = { profile: profileReference(text), source: readEvidenceSource(text, title) };
    kept.set(keys[index] ?? '', fresh);
    return fresh;
  });
  const prepared = {
    profiles: read.map(({ profile }) => profile),
    sources: read.map(({ source }) => source),
    whole: profileOf(read.map(({ source }) => `${source.title.text}\n${source.text}`).join('\n\n')),
  };
  sets.set(key, prepared);
  return prepared;
}
