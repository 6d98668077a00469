import { describe, expect, it } from 'vitest';
import { answersQuestion } from './answers.ts';
import { named, Points } from './points.ts';

const cited = (text: string) => ({ text, citations: [] });
const sentence = { form: 'sentence', newLine: false } as const;
const item = { form: 'item', newLine: true } as const;
const leads = { follows: true, further: false };
const further = { follows: false, further: true };

describe('points', () => {
  it('are told once', () => {
    const points = new Points('Why did the bridge fall?', 'explanation');
    points.take(cited('The bridge fell because the bolts rusted through.'), sentence, leads);
    const again = points.take(
      cited('The bolts rusted through, so the bridge fell.'),
      sentence,
      further,
    );
    const fresh = points.take(
      cited('Salt from winter roads had eaten the steel cables.'),
      sentence,
      further,
    );
    expect(again).toBeNull();
    expect(fresh?.text).toBe('Salt from winter roads had eaten the steel cables.');
  });

  it('lean on nothing that is not told', () => {
    const points = new Points('Why?', 'explanation');
    const alone = { follows: false, further: false };
    expect(points.take(cited('It also rusted in winter.'), sentence, alone)).toBeNull();
    expect(points.take(cited('However, salt ate the cables.'), sentence, alone)?.text).toBe(
      'Salt ate the cables.',
    );
    expect(points.take(cited('However, nobody looked at them.'), sentence, leads)?.text).toBe(
      'However, nobody looked at them.',
    );
  });

  it('say the name where the sentence with it is not told', () => {
    const earlier = ['Hori Parata believes that whales suffer.', 'In 1950 nobody listened.'];
    expect(named('He also says that elders are not heard.', earlier)).toBe(
      'Hori Parata says that elders are not heard.',
    );
    expect(named('It has four cores.', ['The Raspberry Pi 3 has more speed.'])).toBe(
      'Raspberry Pi 3 has four cores.',
    );
    expect(named('He also says so.', ['nobody knows.'])).toBeNull();
    expect(named('Elders are not heard.', earlier)).toBeNull();
  });

  it('end at the length of their kind', () => {
    const points = new Points('Who?', 'fact');
    const long = (word: string) =>
      cited(`${Array.from({ length: 30 }, (_, at) => word.repeat(at + 2)).join(' ')}.`);
    expect(points.take(long('a'), sentence, leads)).not.toBeNull();
    expect(points.take(long('b'), sentence, leads)).not.toBeNull();
    expect(points.full).toBe(true);
    expect(points.take(long('c'), sentence, leads)).toBeNull();
  });

  it('are items on lines of their own; steps are numbered', () => {
    const list = new Points('Which ones?', 'list');
    const steps = new Points('How do I do it?', 'how-to');
    for (const points of [list, steps]) {
      points.take(cited('Open the red valve.'), item, leads);
      points.take(cited('Start both pumps.'), item, leads);
    }
    expect(list.told).toMatchObject([
      { text: '- Open the red valve.', before: undefined },
      { text: '- Start both pumps.', before: '\n' },
    ]);
    expect(steps.told.map(({ text }) => text)).toEqual([
      '1. Open the red valve.',
      '2. Start both pumps.',
    ]);
  });
});

describe('whether what was written answers', () => {
  const references = [{ number: 1, title: 'CERN' }];
  const told = [{ text: 'The detectors were switched off in March.', citations: [] }];

  it('goes by what was asked', () => {
    const asked = 'How many million euros did the shutdown save?';
    expect(answersQuestion(asked, told, references, 0.2)).toBe(false);
    expect(answersQuestion('When were the detectors switched off?', told, references, 0.2)).toBe(
      true,
    );
  });

  it('never goes against a ranker that is sure there is nothing', () => {
    expect(answersQuestion('When were the detectors switched off?', told, references, 0)).toBe(
      false,
    );
    expect(answersQuestion('When?', [], references, 1)).toBe(false);
  });
});
