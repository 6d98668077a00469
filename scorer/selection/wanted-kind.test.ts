import { describe, expect, it } from 'vitest';
import { lacksWanted } from './wanted-kind.ts';

describe('what was asked for', () => {
  it.each([
    [
      'Who built the mill at Talby?',
      'The mill at Talby was built in 1764 and has two wheels of oak.',
    ],
    ['When was the mill at Talby built?', 'The mill at Talby was built by the monk Anselm.'],
    ['How much does the ferry cost?', 'Tickets are sold on board.'],
    ['磨坊是何时建的？', '磨坊有轮子。'],
  ])('is missing: %s %s', (question, text) => {
    expect(lacksWanted(question, text)).toBe(true);
  });

  it.each([
    ['Who built the mill at Talby?', 'The mill at Talby was built by local farmers.'],
    ['Who built the mill at Talby?', 'Anselm built the mill at Talby.'],
    ['Who leads the club?', 'It is led today by its members, and Ann Lee chairs it.'],
    ['When was the mill at Talby built?', 'It was built shortly after the flood.'],
    ['How many wheels has it?', 'It has two wheels.'],
    ['How much does the ferry cost?', 'The ferry is free.'],
    ['磨坊是何时建的？', '磨坊建于1764年。'],
    ['What is Talby?', 'A village.'],
  ])('is there: %s %s', (question, text) => {
    expect(lacksWanted(question, text)).toBe(false);
  });
});
