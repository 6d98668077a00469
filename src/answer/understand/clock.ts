/** Today and now, as the asker's clock has it, and here, where the asker is. */
import type { Asker } from '../../core/nouns.ts';
import { outsideQuotes } from './relative-dates.ts';

const TODAY =
  /^(?:(?:please )?(?:tell me )?(?:what(?:['’]s| is)? (?:today['’]?s date|the date(?: today)?|the current date|the day today|day is (?:it|today)(?: today)?|date is (?:it|today)(?: today)?)|what day of the week is (?:it|today)|which day is (?:it|today)|today['’]?s date)|(?:请问)?(?:今天|现在)是?(?:几月几号|几号|什么日期|星期几|周几|礼拜几|哪一?天|几月几日)(?:了)?|(?:今天的)?日期是什么)[\s?？.!。]*$/iu;
const TIME =
  /^(?:(?:please )?(?:tell me )?(?:what(?:['’]s| is)? (?:the (?:current )?time(?: (?:now|right now))?|time is it(?: (?:now|right now))?))|(?:请问)?现在(?:是)?(?:几点|什么时间|几点钟)(?:了)?)[\s?？.!。]*$/iu;
const YEAR =
  /^(?:(?:what|which) (?:year|month) (?:is (?:it|this)|are we in)(?: now)?|what is the current (?:year|month)|(?:今年|现在)是?(?:哪一?年|几几年)|(?:这个月|现在)是几月)[\s?？.!。]*$/iu;

/** The reply to a question about the date or the time; null for any other question. */
export function clockReply(
  message: string,
  now: Date,
  asker: Asker,
  language: string,
): string | null {
  const text = message.trim();
  const zh = language === 'zh' || /\p{Script=Han}/u.test(text);
  const locale = zh ? 'zh-CN' : 'en-GB';
  const zone = asker.timezone ?? 'UTC';
  const date = now.toLocaleDateString(locale, { dateStyle: 'full', timeZone: zone });
  if (TODAY.test(text) || YEAR.test(text)) return zh ? `今天是${date}。` : `Today is ${date}.`;
  if (!TIME.test(text)) return null;
  const time = now.toLocaleTimeString(locale, {
    hour: '2-digit',
    minute: '2-digit',
    timeZone: zone,
  });
  return zh ? `现在是${date} ${time}（${zone}）。` : `It is ${time} on ${date} (${zone}).`;
}

/** "Here", "near me" and "in my country" as the asker's place; what is not known stays as it was said. */
export function resolvePlaces(question: string, asker: Asker): string {
  const place = [asker.city, asker.region, asker.country].filter(
    (part) => part !== undefined && part !== '',
  );
  const [nearest] = place;
  if (nearest === undefined) return question;
  const country = asker.country ?? nearest;
  return outsideQuotes(question, (text) =>
    text
      .replace(
        /\b(?:near(?: to)?|around|close to|next to) (?:me|here|us)\b|\bnearby\b|\bin my (?:area|city|town|neighbou?rhood)\b|\blocally\b|\b(?:around|over) here\b/giu,
        `near ${place.join(', ')}`,
      )
      .replace(/\bin (?:my|our) country\b/giu, `in ${country}`)
      // "Wish You Were Here" has a capital.
      .replace(/\bhere(?=\s*[?.!]?$)/gu, `in ${place.join(', ')}`)
      .replace(/(?:我)?(?:附近|周边|身边)/gu, `${place.toReversed().join('')}附近`)
      .replace(/(?:我们|我)(?:国家|国)(?=的|有|在|是)/gu, country)
      .replace(
        /(?:我们)?(?:这里|本地|当地)(?=的|有|今|明|天|哪|$|？)/gu,
        place.toReversed().join(''),
      ),
  );
}
