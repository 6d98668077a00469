/**
 * The SDK answers only clients that accept both JSON and an event stream, as the specification demands of
 * them (MCP 2025-06-18, "Sending Messages to the Server"). Clients in use accept one of the two, or send
 * any type: they get the form they accept.
 */

export type AcceptedForm = 'any' | 'json' | 'events';

const BOTH = 'application/json, text/event-stream';
/** Longest answer that is written anew in another form. */
const MOST_CHARACTERS = 16_000_000;

/** What a client accepts; `any` where it takes either, null where it takes neither. */
export function acceptedForm(accept: string | undefined): AcceptedForm | null {
  const types = (accept ?? '*/*')
    .toLowerCase()
    .split(',')
    .map((part) => (part.split(';')[0] ?? '').trim());
  const json = types.some((type) => ['application/json', 'application/*', '*/*'].includes(type));
  const events = types.some((type) => ['text/event-stream', 'text/*', '*/*'].includes(type));
  if (json && events) return 'any';
  return json ? 'json' : events ? 'events' : null;
}

/** Headers with an `Accept` that the SDK takes. */
export function acceptingBoth(headers: Headers): Headers {
  headers.set('accept', BOTH);
  return headers;
}

/** The SDK's answer in the form that the client accepts. */
export async function inForm(response: Response, form: AcceptedForm): Promise<Response> {
  const type = response.headers.get('content-type') ?? '';
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  if (form === 'json' && type.startsWith('text/event-stream')) {
    const message = lastMessage((await response.text()).slice(0, MOST_CHARACTERS));
    headers.set('content-type', 'application/json');
    return new Response(message, { status: response.status, headers });
  }
  if (form === 'events' && type.startsWith('application/json')) {
    const text = (await response.text()).replace(/\s*\n\s*/gu, ' ');
    headers.set('content-type', 'text/event-stream');
    return new Response(`event: message\ndata: ${text}\n\n`, { status: response.status, headers });
  }
  return response;
}

/** The data of the last event with a result or an error: notifications before it have no place in JSON. */
function lastMessage(events: string): string | null {
  let last: string | null = null;
  for (const event of events.split(/\r?\n\r?\n/u)) {
    const data = event
      .split(/\r?\n/u)
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).trimStart())
      .join('\n');
    if (/"(?:result|error)"\s*:/u.test(data)) last = data;
  }
  return last;
}
