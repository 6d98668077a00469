import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServerEventParser } from './server-events.ts';

describe('server-sent events', () => {
  it('reads the same events however the text is cut', () => {
    const stream =
      ': keep-alive\n\nevent: a\ndata: 1\n\nevent: b\r\ndata: 2\r\ndata:3\r\n\r\ndata: four\n\n';
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 12 }),
        (cuts) => {
          const parser = new ServerEventParser();
          const places = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
          const events = places
            .slice(1)
            .flatMap((end, index) => parser.push(stream.slice(places[index], end)));
          expect(events).toEqual([
            { event: 'a', data: '1' },
            { event: 'b', data: '2\n3' },
            { event: 'message', data: 'four' },
          ]);
        },
      ),
    );
  });
});
