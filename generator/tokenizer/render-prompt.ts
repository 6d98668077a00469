/**
 * A `Prompt` as token ids: the model's own chat template, with the contents of the messages kept apart
 * from the template's text, so that control tokens which a page quotes stay plain text.
 */
import { Script, createContext } from 'node:vm';
import { Environment, Interpreter, Template } from '@huggingface/jinja';
import { FootnoteError } from '../../src/core/errors.ts';
import type { Prompt } from '../../src/core/nouns.ts';
import type { ModelTokenizer, PromptPart } from './model-tokenizer.ts';

const renderTimeoutMs = 2_000;
const longestTemplate = 256 * 1024;
/** Templates for files that carry none. */
const fallbackTemplates: Readonly<Record<string, string>> = {
  // GLM-Edge's, as its tokenizer configuration publishes it.
  chatglm:
    "{% for item in messages %}{% if item['role'] == 'system' %}<|system|>\n{{ item['content'] }}{% elif item['role'] == 'user' %}<|user|>\n{{ item['content'] }}{% elif item['role'] == 'assistant' %}<|assistant|>\n{{ item['content'] }}{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}",
  chatglm3:
    "{% for m in messages %}{{ '<|' + m['role'] + '|>\n ' + m['content'] }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}",
  // ChatGLM2 knows rounds of question and answer; what comes before the first question opens it.
  chatglm2:
    "{% set ns = namespace(round=1) %}{% for m in messages %}{% if m['role'] == 'assistant' %}{{ m['content'] + '\n\n' }}{% set ns.round = ns.round + 1 %}{% elif m['role'] == 'user' %}[Round {{ ns.round }}]\n\n问：{{ m['content'] }}\n\n答：{% else %}{{ m['content'] + '\n\n' }}{% endif %}{% endfor %}",
  // The original GLM fills a blank: it was not trained to chat.
  glm: "{% for m in messages %}{{ m['content'] + '\n' }}{% endfor %}[gMASK]",
};
const otherTemplate =
  "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

const markOpen = '\u{F8F0}';
const markClose = '\u{F8F1}';

/** Python's `range`, which templates use to loop, of a length that fits in memory. */
function boundedRange(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= 100_000)) throw new Error('its range is too long');
  return Array.from({ length }, (_, index) => start + index * step);
}

/**
 * Renders with a time limit: a template of a hostile file may loop. The renderer is plain JavaScript,
 * so V8's own watchdog can end it.
 */
function renderBounded(source: string, values: Readonly<Record<string, unknown>>): string {
  const { parsed } = new Template(source);
  const environment = new Environment();
  const globals = {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    raise_exception: (message: string) => {
      throw new Error(message);
    },
    range: boundedRange,
    strftime_now: () => new Date().toISOString().slice(0, 10),
    ...values,
  };
  for (const [name, value] of Object.entries(globals)) environment.set(name, value);
  const sandbox: { render: () => unknown; result?: unknown } = {
    render: () => new Interpreter(environment).run(parsed).value,
  };
  new Script('result = render();').runInContext(createContext(sandbox), {
    timeout: renderTimeoutMs,
  });
  return String(sandbox.result);
}

/**
 * Parts of a prompt, template text and plain text.
 * @throws FootnoteError `model-invalid` when the template does not parse, fails or does not end
 */
export function promptParts(prompt: Prompt, tokenizer: ModelTokenizer): PromptPart[] {
  if (prompt.kind === 'completion') return completionParts(prompt.text, tokenizer);
  const glm = tokenizer.specialId('<|assistant|>') === undefined ? undefined : 'chatglm';
  const source =
    tokenizer.chatTemplate ??
    fallbackTemplates[tokenizer.family] ??
    fallbackTemplates[glm ?? ''] ??
    otherTemplate;
  const contents = prompt.messages.map(({ content }) => content);
  let rendered: string;
  try {
    if (source.length > longestTemplate) throw new Error('it is too long');
    rendered = renderBounded(source, {
      messages: prompt.messages.map(({ role }, index) => ({
        role,
        content: `${markOpen}${index}${markClose}`,
      })),
      add_generation_prompt: true,
      bos_token: tokenizer.bosToken,
      eos_token: tokenizer.eosToken,
    });
    if (rendered.length > longestTemplate) throw new Error('its result is too long');
    if (!rendered.includes(markOpen)) throw new Error('it leaves the messages out');
  } catch (error) {
    throw new FootnoteError(
      'model-invalid',
      `the model's chat template fails: ${(error as Error).message}`,
      { stage: 'generate', cause: error },
    );
  }
  // Odd pieces are the indices of contents.
  return rendered
    .split(new RegExp(`${markOpen}(\\d+)${markClose}`, 'u'))
    .map((piece, index) =>
      index % 2 === 0
        ? { text: piece, plain: false }
        : { text: contents[Number(piece)] ?? '', plain: true },
    );
}

/**
 * In a raw completion the middle may quote pages, so control tokens count only where the prompt's own
 * frame puts them: in a run at its very start or its very end (`[gMASK]`).
 */
function completionParts(whole: string, tokenizer: ModelTokenizer): PromptPart[] {
  // The mask is GLM's own way to ask for text; other models would read it as words.
  const text =
    tokenizer.specialId('[gMASK]') === undefined
      ? whole.replace(/(?<!\s)\s*\[gMASK\]$/u, '')
      : whole;
  const special = String.raw`(?:\[[A-Za-z]*MASK\]|<\|[A-Za-z_]+\|>|<[a-z]+>)`;
  const start = new RegExp(`^${special}+`, 'u').exec(text)?.[0] ?? '';
  const end = new RegExp(`${special}+$`, 'u').exec(text.slice(start.length))?.[0] ?? '';
  return [
    { text: start, plain: false },
    { text: text.slice(start.length, text.length - end.length), plain: true },
    { text: end, plain: false },
  ];
}
