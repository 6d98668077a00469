/** The MCP server over stub parts: what a search could not reach is reported with its passages. */
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';
import { AnswerService } from '../answer/answer-service.ts';
import { stubParts } from '../answer/testing/stub-parts.ts';
import type { VerifyService } from '../verify/verify-service.ts';
import { createMcpServer } from './mcp-server.ts';

const OPTIONS = {
  maxResults: 5,
  maxReferences: 5,
  drafts: 0,
  generateTimeoutMs: 1_000,
  maxConcurrent: 2,
  maxQueued: 2,
  maxWaitSeconds: 30,
  answerCacheSeconds: 0,
};

it('gives the warnings of providers with what it found', async () => {
  const warning = { code: 'search-captcha', message: 'duckduckgo shows a CAPTCHA' };
  const stub = stubParts([{ title: 'Lake Ester', text: 'Lake Ester is 120 metres deep.' }]);
  const parts: typeof stub = {
    ...stub,
    search: async (...call) => ({ ...(await stub.search(...call)), warnings: [warning] }),
  };
  const server = createMcpServer({
    service: new AnswerService(parts, OPTIONS),
    // No call of this test verifies a text.
    verifier: null as unknown as VerifyService,
    readPages: (...call) => parts.readPages(...call),
    version: '0',
  });
  const client = new Client({ name: 'test', version: '0' });
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(far), client.connect(near)]);
  try {
    for (const name of ['search', 'answer']) {
      const result = await client.callTool({
        name,
        arguments: { question: 'How deep is Lake Ester?' },
      });
      expect(result.structuredContent).toMatchObject({ warnings: [warning] });
    }
  } finally {
    await client.close();
  }
});
