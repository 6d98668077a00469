export { sigmoid } from '../../src/core/boosted-trees.ts';
