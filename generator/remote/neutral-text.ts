/**
 * Page text must not speak with a model's own control words: a server tokenizes the text of a message
 * with its chat template, and many read `<|im_start|>` in it as the start of a message.
 */

/** `<|…|>` of ChatML, Llama 3, GLM and Phi, with DeepSeek's full-width bars. */
const BARRED = /<(?=[|｜][^<>|｜\n]{1,48}[|｜]>)/gu;
/** Control words without bars: Llama 2, Mistral, Gemma, GLM, T5 and BOS/EOS of SentencePiece models. */
const PLAIN =
  /<(?=\/?s>|(?:bos|eos|pad|unk|sop|eop|mask|start_of_turn|end_of_turn|unused\d{1,3}|extra_id_\d{1,3}|tool_call|tool_response)>|<\/?SYS>>)|\[(?=\/?INST\]|gMASK\]|sMASK\]|AVAILABLE_TOOLS\]|TOOL_CALLS\])/gu;

/** The text with a blank after the first character of each control word; everything else unchanged. */
export function neutralText(text: string): string {
  return text.replace(BARRED, '< ').replace(PLAIN, (first) => `${first} `);
}
