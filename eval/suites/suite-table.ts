import { extractionSuite } from './stages/extraction-suite.ts';
import { modelSentencesSuite } from './stages/model-sentences-suite.ts';
import { preferenceSuite } from './stages/preference-suite.ts';
import { rankingSuite } from './stages/ranking-suite.ts';
import { supportSuite } from './stages/support-suite.ts';
import { efficiencySuite, frozenWebSuite, sampleWebSuite } from './frozen-web-suites.ts';
import { injectionSuite } from './injection-suite.ts';
import { QUESTION_FILE_SUITES } from './question-file-suites.ts';
import {
  clapnqSuite,
  rgbCounterfactualSuite,
  rgbSuite,
} from './real-questions/long-answer-suites.ts';
import { docsSuite, realWebSuite } from './real-questions/nugget-suites.ts';
import type { Suite } from './suite.ts';

/** All suites, in the order in which help lists them. */
export const SUITES: readonly Suite[] = [
  frozenWebSuite,
  sampleWebSuite,
  realWebSuite,
  docsSuite,
  clapnqSuite,
  rgbSuite,
  rgbCounterfactualSuite,
  efficiencySuite,
  ...QUESTION_FILE_SUITES,
  injectionSuite,
  preferenceSuite,
  supportSuite,
  modelSentencesSuite,
  extractionSuite,
  rankingSuite,
];
