/** The small subset of Markdown that the sample pages are written in, as HTML. */

/** Text with the characters that HTML gives a meaning escaped. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function inline(text: string): string {
  return escapeHtml(text)
    .replace(/`([^`]+)`/gu, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/gu, '<b>$1</b>')
    .replace(/\*([^*]+)\*/gu, '<i>$1</i>');
}

function table(lines: readonly string[]): string {
  const rows = lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => inline(cell.trim())),
  );
  const row = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${row(rows[0] ?? [], 'th')}</thead><tbody>${rows
    .slice(1)
    .map((cells) => row(cells, 'td'))
    .join('')}</tbody></table>`;
}

/** How a site marks up its paragraphs and headings. */
export interface Markup {
  readonly paragraph: (html: string) => string;
  readonly heading: (html: string, id: string) => string;
}

/** Semantic markup, as most sites have it. */
const plainMarkup: Markup = {
  paragraph: (html) => `<p>${html}</p>`,
  heading: (html, id) => `<h2 id="${id}">${html}</h2>`,
};

/** Each block of the source as one piece of HTML. */
export function articleBlocks(source: string, markup: Markup = plainMarkup): string[] {
  return source
    .split(/\n{2,}/u)
    .filter((block) => block.trim() !== '')
    .map((block, index) => {
      const lines = block.trim().split('\n');
      const first = lines[0] ?? '';
      if (first.startsWith('## ')) return markup.heading(inline(first.slice(3)), `s${index}`);
      if (first.startsWith('|')) return table(lines);
      if (/^\d+\. /u.test(first)) {
        const items = lines.map((line) => `<li>${inline(line.replace(/^\d+\. /u, ''))}</li>`);
        return `<ol>${items.join('')}</ol>`;
      }
      return markup.paragraph(inline(lines.join(' ')));
    });
}

export interface ForumPost {
  readonly user: string;
  readonly date: string;
  readonly votes: string;
  readonly html: string;
}

/** The posts of a forum thread; each begins with a line `@@ user · date · votes`. */
export function forumPosts(source: string): ForumPost[] {
  return source
    .split(/^@@ /mu)
    .slice(1)
    .map((post) => {
      const end = post.indexOf('\n');
      const [user = '', date = '', votes = ''] = post.slice(0, end).split(' · ');
      return { user, date, votes, html: articleBlocks(post.slice(end + 1)).join('\n') };
    });
}
