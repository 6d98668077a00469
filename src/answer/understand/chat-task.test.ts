import { describe, expect, it } from 'vitest';
import { chatTask, taskReply, type ChatTask } from './chat-task.ts';

const HISTORY =
  '<chat_history>\nUSER: How deep is Lake Baikal?\nASSISTANT: 1,642 metres.[1]\n</chat_history>';
const TITLE = `### Task:
Generate a concise, 3-5 word title with an emoji summarizing the chat history.
### Output:
JSON format: { "title": "your concise title here" }
### Chat History:
${HISTORY}`;

describe('chatTask', () => {
  it.each([
    TITLE,
    `### Task:\nGenerate 1-3 broad tags.\n### Output:\nJSON format: { "tags": ["tag1", "tag2"] }\n${HISTORY}`,
    `Create a short title for the following conversation.\n${HISTORY}`,
  ])('recognises the tasks of chat programs: %j', (message) => {
    expect(chatTask(message)).not.toBeNull();
  });

  it.each([
    'How deep is Lake Baikal?',
    'Task: what does this word mean?',
    'Generate a title for my essay about Lake Baikal.',
    'What is a JSON object with a "title"?',
    `How deep is it? ${HISTORY}`,
    '### Task:\nExplain how a heat pump works.',
  ])('takes no question for a task: %j', (message) => {
    expect(chatTask(message)).toBeNull();
  });

  it('keeps the instructions and the end of a long conversation', () => {
    const long = TITLE.replace(
      'USER: How',
      `USER: First.\n${'ASSISTANT: words\n'.repeat(900)}USER: How`,
    );
    const task = chatTask(long) as ChatTask;
    expect(task.prompt.length).toBeLessThan(6_000);
    expect(task.prompt).toContain('3-5 word title');
    expect(task.prompt).toContain('1,642 metres');
    expect(task.firstMessage).toBe('First.');
  });
});

describe('taskReply', () => {
  const title = chatTask(TITLE) as ChatTask;
  it.each([
    ['```json\n{ "title": "🌊 Depth of Baikal" }\n```', { title: '🌊 Depth of Baikal' }],
    ['🌊 Depth of Baikal', { title: '🌊 Depth of Baikal' }],
    ['"Depth of Baikal"', { title: 'Depth of Baikal' }],
    ['', { title: 'How deep is Lake Baikal?' }],
  ])('gives JSON whatever was written: %j', (written, expected) => {
    expect(JSON.parse(taskReply(title, written))).toEqual(expected);
  });

  it('fills lists line by line', () => {
    const task = chatTask(`### Task:\nTags as JSON: {"tags": ["a"]}\n${HISTORY}`) as ChatTask;
    expect(JSON.parse(taskReply(task, '- Lakes\n- Siberia'))).toEqual({
      tags: ['Lakes', 'Siberia'],
    });
  });
});
