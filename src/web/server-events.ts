/** Reads Server-Sent Events (WHATWG HTML, section 9.2) from a fetch body: `EventSource` cannot POST. */

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Splits a text that arrives in pieces into events; `push` returns those that are complete. */
export class ServerEventParser {
  #rest = '';

  push(text: string): ServerEvent[] {
    // A lone CR at the end may be half of a CRLF: it waits for the next piece.
    const joined = this.#rest + text;
    const held = joined.endsWith('\r') ? 1 : 0;
    const blocks = joined
      .slice(0, joined.length - held)
      .replace(/\r\n?/gu, '\n')
      .split('\n\n');
    this.#rest = (blocks.pop() ?? '') + (held === 1 ? '\r' : '');
    return blocks.flatMap(parseBlock);
  }
}

function parseBlock(block: string): ServerEvent[] {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value] = /^(event|data):? ?(.*)$/u.exec(line) ?? [];
    if (field === 'event') event = value ?? '';
    else if (field === 'data') data.push(value ?? '');
  }
  return data.length === 0 ? [] : [{ event, data: data.join('\n') }];
}
