/** The whole service with a generator elsewhere: another writer, the same checks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LoopbackModelServer } from '../generator/testing/loopback-model-server.ts';
import { runFootnote, startService, TEST_CACHE, type Service } from './footnote-process.ts';
import { weights } from './weights.ts';

interface AnswerBody {
  readonly answer: string;
  readonly abstained: boolean;
  readonly model: string;
  readonly sentences: readonly { text: string; citations: readonly { quote: string }[] }[];
  readonly warnings: readonly { code: string; message: string }[];
}

const TRUE = 'Magna Carta was annulled by Pope Innocent III.';
const INVENTED = 'The pope wrote this from his summer house in Lisbon in 1743.';
const KEY = 'sk-elsewhere';

describe.skipIf(weights('multilingual-e5-small') === null)('a generator elsewhere', () => {
  let server: LoopbackModelServer;
  let service: Service;
  const ask = async (question: string): Promise<AnswerBody> => {
    const response = await fetch(`${service.origin}/v1/answer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ question }),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as AnswerBody;
  };

  beforeAll(async () => {
    server = await LoopbackModelServer.start();
    service = await startService({
      FOOTNOTE_SEARCH: 'sample',
      FOOTNOTE_GENERATOR_URL: server.url,
      FOOTNOTE_GENERATOR_KEY: KEY,
      FOOTNOTE_CACHE_DIR: TEST_CACHE,
    });
  }, 120_000);
  afterAll(async () => {
    await service.stop();
    await server.close();
    expect(service.log()).not.toContain(KEY);
  });

  it('shows what the sources hold of what it wrote, and nothing that they do not', async () => {
    server.faults = { says: `${TRUE} ${INVENTED}` };
    const answer = await ask('Which pope annulled Magna Carta?');
    expect(answer.abstained).toBe(false);
    expect(answer.model).toBe('loopback-model');
    expect(answer.answer).toContain('Innocent');
    expect(answer.answer).not.toContain('Lisbon');
    for (const { citations } of answer.sentences) expect(citations.length).toBeGreaterThan(0);
    expect(server.requests.some(({ authorization }) => authorization === `Bearer ${KEY}`)).toBe(
      true,
    );
  });

  it('answers by quotations and says why when the server fails', async () => {
    server.faults = {
      replies: Array.from({ length: 40 }, () => ({ status: 401, body: '{"error":"no"}' })),
    };
    const answer = await ask(
      'How many visitors did the Museum of Everyday Inventions have in 2024?',
    );
    expect(answer.answer).toContain('187,450');
    expect(answer.warnings).toContainEqual(expect.objectContaining({ code: 'generator-refused' }));
    server.faults = {};
  });

  it('is looked at by doctor, which names a wrong address with its fix', async () => {
    const env = { FOOTNOTE_CACHE_DIR: TEST_CACHE, FOOTNOTE_GENERATOR_KEY: KEY };
    const well = await runFootnote(['doctor'], {
      env: { ...env, FOOTNOTE_GENERATOR_URL: server.url },
    });
    expect(well.stdout).toContain('loopback-model at 127.0.0.1');
    const wrong = await runFootnote(['doctor'], {
      env: { ...env, FOOTNOTE_GENERATOR_URL: 'http://127.0.0.1:9' },
    });
    expect(wrong.stdout).toContain('cannot be reached');
    expect(wrong.stdout).toContain('FOOTNOTE_GENERATOR_URL');
    expect(well.stdout + wrong.stdout + wrong.stderr).not.toContain(KEY);
  }, 120_000);
});
