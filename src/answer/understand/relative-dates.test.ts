import { describe, expect, it } from 'vitest';
import { resolveDates } from './relative-dates.ts';

const now = new Date('2026-01-15T10:00:00Z');
const resolved = (question: string, zone = 'UTC'): string => resolveDates(question, now, zone);

describe('resolveDates', () => {
  it.each([
    ['Who won the World Cup this year?', 'Who won the World Cup in 2026?'],
    ["Who won last year's Tour de France?", "Who won 2025's Tour de France?"],
    ['What opens this year in Riga?', 'What opens in 2026 in Riga?'],
    ['How many cars were sold in last year?', 'How many cars were sold in 2025?'],
    ['How have prices changed since last year?', 'How have prices changed since 2025?'],
    ['Last year, who won?', 'In 2025, who won?'],
    ['What is planned for next year?', 'What is planned for 2027?'],
    ['inflation last month', 'inflation in December 2025'],
    ['inflation next month', 'inflation in February 2026'],
    ['What happened yesterday?', 'What happened on 14 January 2026?'],
    ['What happened the day before yesterday?', 'What happened on 13 January 2026?'],
    ['Is tomorrow a holiday?', 'Is 16 January 2026 a holiday?'],
    ['What is open today?', 'What is open today (15 January 2026)?'],
    ['WHO WON LAST YEAR?', 'WHO WON In 2025?'],
    ['Who Won The World Cup Last Year?', 'Who Won The World Cup In 2025?'],
    ['去年的诺贝尔文学奖得主是谁？', '2025年的诺贝尔文学奖得主是谁？'],
    ['前年和今年的冠军', '2024年和2026年的冠军'],
    ['上个月的通胀率', '2025年12月的通胀率'],
    ['明天的天气', '2026年1月16日的天气'],
    ['昨年の優勝者', '2025年の優勝者'],
  ])('%s', (question, expected) => {
    expect(resolved(question)).toBe(expected);
  });

  it.each([
    'Who directed Last Year at Marienbad?',
    'Last Year at Marienbad is by whom?',
    'What was the last year of World War II?',
    'the last year of the Ming dynasty',
    'Which books were written in the last year?',
    "What did Mozart write in Salieri's last year in Vienna?",
    'Who owns USA Today?',
    'Who wrote the song Yesterday?',
    'who wrote the song yesterday',
    'Who presents the Today show?',
    'Who starred in Tomorrow Never Dies?',
    'Tomorrow Never Dies came out when?',
    'Who wrote "this year in review"?',
    'Who sang ‘tomorrow’?',
    'What does “last year” mean in German?',
    'What happened a year ago today?',
    '《去年烟花特别多》是谁唱的',
    '“明天”是谁写的',
    '几年前年轻人喜欢什么？',
    '明日方舟是什么游戏？',
  ])('leaves %s alone', (question) => {
    expect(resolved(question)).toBe(question);
  });

  it('reads the calendar of the asker', () => {
    const late = new Date('2025-12-31T23:30:00Z');
    expect(resolveDates('Who won this year?', late, 'UTC')).toBe('Who won in 2025?');
    expect(resolveDates('Who won this year?', late, 'Asia/Tokyo')).toBe('Who won in 2026?');
    expect(resolveDates('What happened yesterday?', late, 'Asia/Tokyo')).toBe(
      'What happened on 31 December 2025?',
    );
  });
});
