/** Words that carry grammar rather than content; they weigh little when texts are aligned. */
const english =
  'a an the of in on at by for from to with into onto as is are was were be been being am has have had having do does did doing done will would shall should can could may might must and or but if then than that this these those it its he him his she her they them their theirs we us our you your i me my who whom whose which what when where why how there here also not no so such very more most much many some any all both each other another own same just only about over under up down out off again further once during through between after before because while until against i.e e.g etc s t don now';
const chinese =
  '的了和是在有与及或而于为以其之也就都被把让从到对将等并但该此这那个们他她它我你您所者呢吗吧啊着过则即因由自且如若';

export const stopWords: ReadonlySet<string> = new Set([
  ...english.split(' '),
  ...Array.from(chinese),
]);
