/**
 * Prompts that chat programs send in the background with a conversation in them: a title, tags,
 * follow-up suggestions, a query. They ask nothing of the web; the generator answers them alone.
 * Recognised by their form, as Open WebUI, LibreChat and their like send them.
 */

export interface ChatTask {
  /** What the generator reads: the instructions, and the end of the conversation. */
  readonly prompt: string;
  /** True where an object of JSON is asked for. */
  readonly json: boolean;
  /** Names of the members of the JSON that the prompt shows, and whether each is a list. */
  readonly members: readonly { readonly name: string; readonly list: boolean }[];
  /** The first thing the user said in the conversation; empty where it cannot be found. */
  readonly firstMessage: string;
}

/** Longest prompt of a task in characters; what is longer is a question, and too long for one. */
const MOST_TASK_CHARACTERS = 60_000;
/** Characters of instructions and of conversation that the generator reads. */
const INSTRUCTIONS = 3_000;
const CONVERSATION = 2_500;

const HEAD = /^\s*(?:#{1,4}\s*)?(?:task|your task|instructions?)\s*:/iu;
const HISTORY = /<(chat_history|conversation|messages|chat)>([\s\S]{0,60000}?)<\/\1>/iu;
const TITLE_TASK =
  /^\s*(?:please )?(?:generate|create|write|provide|give|suggest|find) (?:me )?(?:a|an|one|some|\d+|three|five)?\s?(?:very |brief|short|concise|\d+-\d+ word|,| ){0,6}(?:title|heading|summary title|tags?|follow-?up questions?|name) (?:for|of|that|to|in|from|based)/iu;
const JSON_WANTED = /\bjson\b/iu;
const MEMBER = /"([A-Za-z_][\w-]{0,40})"\s*:\s*(\[|")/gu;

/** The task in a message, or null for anything that a person may have asked. */
export function chatTask(message: string): ChatTask | null {
  if (message.length > MOST_TASK_CHARACTERS) return null;
  const history = HISTORY.exec(message);
  // Both the form of a task and a conversation in it, so that no question about tasks is taken for one.
  const headed = HEAD.test(message) && history !== null;
  if (!headed && !(TITLE_TASK.test(message) && history !== null)) return null;
  const conversation = (history?.[2] ?? '').trim();
  const instructions = message.replace(history?.[0] ?? '', '').trim();
  const json = JSON_WANTED.test(instructions);
  const members = [...instructions.matchAll(MEMBER)].map(([, name = '', opening]) => ({
    name,
    list: opening === '[',
  }));
  const unique = members.filter(
    ({ name }, index) => members.findIndex((one) => one.name === name) === index,
  );
  const kept =
    conversation.length > CONVERSATION ? `…${conversation.slice(-CONVERSATION)}` : conversation;
  return {
    prompt: `${instructions.slice(0, INSTRUCTIONS)}\n\nConversation:\n${kept}`,
    json,
    members: unique.slice(0, 8),
    firstMessage: /(?:^|\n)\s*(?:user|human)\s*:\s*([^\n]{1,400})/iu.exec(conversation)?.[1] ?? '',
  };
}

/**
 * What the generator wrote, in the form that was asked for. Text that is no JSON is put into the members
 * that the prompt shows; with nothing written the user's first message stands in.
 */
export function taskReply(task: ChatTask, written: string): string {
  const text = written.trim();
  if (!task.json) return firstLine(text) || firstLine(task.firstMessage);
  const found = jsonIn(text);
  if (found !== null) return found;
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^[\s\-*•\d.)"'`#{}[\]:]+|["'`{}[\],]+$/gu, '').trim())
    .filter((line) => /[\p{L}\p{N}]/u.test(line));
  const said = lines.length > 0 ? lines : [firstLine(task.firstMessage)].filter(Boolean);
  const members = task.members.length > 0 ? task.members : [{ name: 'title', list: false }];
  return JSON.stringify(
    Object.fromEntries(
      members.map(({ name, list }) => [
        name,
        list ? said.slice(0, 5).map((line) => line.slice(0, 200)) : (said[0] ?? '').slice(0, 80),
      ]),
    ),
  );
}

/** The first whole object of JSON in a text, written anew; null where there is none. */
function jsonIn(text: string): string | null {
  const start = text.indexOf('{');
  const end = text.lastIndexOf('}');
  if (start === -1 || end <= start) return null;
  try {
    const value: unknown = JSON.parse(text.slice(start, end + 1));
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : null;
  } catch {
    return null;
  }
}

const firstLine = (text: string): string =>
  (text.split('\n').find((line) => line.trim() !== '') ?? '')
    .trim()
    .replace(/^["'`#*\s]+|["'`*\s]+$/gu, '')
    .slice(0, 120);
