import { describe, expect, it } from 'vitest';
import { acceptedForm, inForm } from './mcp-accept.ts';

describe('acceptedForm', () => {
  it.each([
    [undefined, 'any'],
    ['*/*', 'any'],
    ['application/json, text/event-stream', 'any'],
    ['application/json;q=0.9', 'json'],
    ['Text/Event-Stream', 'events'],
    ['text/html', null],
  ])('%s: %s', (accept, form) => {
    expect(acceptedForm(accept)).toBe(form);
  });
});

describe('inForm', () => {
  const json = (): Response =>
    new Response('{"jsonrpc":"2.0",\n "id":1,"result":{}}', {
      headers: { 'content-type': 'application/json' },
    });
  const events = (): Response =>
    new Response(
      'data: {"method":"notifications/progress"}\n\nevent: message\ndata: {"id":1,"result":{"a":1}}\n\n',
      { headers: { 'content-type': 'text/event-stream' } },
    );

  it('writes JSON as one event, and an event stream as its last message', async () => {
    const streamed = await inForm(json(), 'events');
    expect(streamed.headers.get('content-type')).toBe('text/event-stream');
    expect(await streamed.text()).toBe(
      'event: message\ndata: {"jsonrpc":"2.0", "id":1,"result":{}}\n\n',
    );
    const whole = await inForm(events(), 'json');
    expect(whole.headers.get('content-type')).toBe('application/json');
    expect(await whole.json()).toEqual({ id: 1, result: { a: 1 } });
  });

  it('leaves an answer alone whose form is accepted', async () => {
    expect(await (await inForm(events(), 'any')).text()).toContain('notifications/progress');
    expect(await (await inForm(json(), 'json')).json()).toMatchObject({ id: 1 });
  });
});
