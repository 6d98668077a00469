/**
 * Lines that are never the article, wherever they stand: share buttons, calls to subscribe, photo
 * credits, captions' labels, bylines and dates (which the metadata has). Trees cannot learn these from
 * a few hundred pages. Checked on all labelled blocks of `extraction-dev`: of some 700 blocks they
 * match, 16 are content (most of those in the tool-made gold of mozilla-readability).
 */
import type { TextBlock } from './assemble-text.ts';

const BUTTON =
  /^(?:advert(?:isement|ising)?|sponsored|share(?: this)?(?: article| story| page)?|tweet|email|print|continue reading|this slideshow requires javascript\.?|you may also like\W*|related(?: articles| stories| posts)?|loading\W*|skip to (?:main )?content|story continues below\W*|story continues below advertisement|广告|分享到?|点击(?:查看|进入)\S{0,6}|anzeige|werbung|publicidad|publicité)$/iu;

const LINES: readonly RegExp[] = [
  // Credits of pictures, at the end or alone.
  /[([](?:AP (?:Photo|File)|Photo(?:graph)?\b|Image\b|Picture\b|Pic\b|Foto\b|Getty|Reuters|AFP|Shutterstock|Credit\b|©)[^)\]]{0,120}[)\]]\s*$/iu,
  /^(?:(?:file )?photo(?:graph)?s?|image|picture|pictured|foto|bild|credit|source photo)(?:\s*\(s\))?\s*(?:[:/|©]|by\b|credit|courtesy|caption|copyright|\d+ of\b)/iu,
  /^(?:FILE\s*[-–—:]|In this .{0,60}\b(?:photo|photograph|picture|image)\b)/iu,
  /^(?:media|image|video) ?(?:caption|copyright)/iu,
  /^(?:图片来源|图源|圖片來源|资料图|图\/|摄影)[:：/\s]/u,
  // Labels of players, galleries and comment forms.
  /^(?:caption|image \d+ of .*|\d+ ?\/ ?\d+|\d+ of \d+|enlarge(?: image)?|toggle caption|hide caption|play video|watch video|close|slideshow.*|view gallery.*|listen(?: now)?|comments?|tags?:?|topics?:?|follow us.*|read comments.*|leave a comment|post a comment|add a comment|view comments|show comments|\d+ comments?)\W*$/iu,
  // Dates and names that stand alone.
  /^(?:updated|published|posted|last (?:updated|modified))\b.{0,60}\d/iu,
  /^(?:veröffentlicht|aktualisiert|publié|mis à jour|publicado|actualizado|pubblicato|aggiornato|gepubliceerd)(?!\p{L}).{0,16}\d.{0,30}$/iu,
  /^\d{4} ?[年년/.-] ?\d{1,2} ?[月월/.-] ?\d{1,2} ?[日일]?(?: ?[（(].[)）])?(?: ?\d{1,2}[:：時]\d{2}(?::\d{2}|分)?)?(?: ?(?:文|作者|记者|記者|来源|來源|撰文|筆者)[:：].{0,20})?$/u,
  /^by\s+\p{Lu}[\p{L}.'’-]+(?:\s+\p{Lu}[\p{L}.'’-]+){0,4}(?:\s*[,|].{0,60})?$/u,
  /^(?:责任编辑|责编|编辑|審核|审核|校对|来源|來源|原标题|本文来源|稿源)[:：].{0,40}$/u,
];

const CALL =
  /^(?:like this (?:story|article|post)|tell us what you think|sign up (?:for|to|here)|subscribe (?:to|now|for|here)|click here (?:to|for)|follow (?:us|me|@|\w+ on)|get (?:our|the) (?:newsletter|latest|app)|download (?:the|our) app|join (?:us|our) |support (?:our|us)|read (?:more|next|also)\b|see also\b|also read\b|related:|more from\b|recommended:|don.t miss:?|watch:|listen:|have a (?:story|tip)|do you have (?:a|any) (?:story|info)|share your|扫码关注|长按(?:识别|二维码)|关注我们)/iu;

/** True for a block that is dropped whatever the model says. `post`: on discussion pages names stay. */
export function isLeftover({ kind, text }: TextBlock, post: boolean): boolean {
  if (kind === 'pre' || kind === 'row' || text.length >= 600) return false;
  if (BUTTON.test(text)) return true;
  if (post) return false;
  return (text.length < 160 && CALL.test(text)) || LINES.some((line) => line.test(text));
}
