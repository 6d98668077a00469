/** Formulas as text: the TeX that a page carries with them, else MathML written on one line. */
import { exponent, index, plainTex } from './inline-text.ts';

interface MathNode {
  readonly name: string;
  readonly children: MathNode[];
  text: string;
}

const MAX_DEPTH = 120;
const SPACED =
  /^(?:=|≠|<|>|&lt;|&gt;|≤|≥|≈|≡|∼|∝|\+|-|−|±|×|⋅|·|→|⇒|∈|∪|∩|&#x2212;|&minus;|&times;)$/iu;

/**
 * @param tag the `math` tag itself
 * @param content its source, without scripts
 */
export function mathText(tag: string, content: string): string {
  const annotated =
    /<annotation[^<>]{0,300}encoding\s*=\s*["'](?:application\/x-tex|TeX|LaTeX)["'][^<>]{0,300}>([^<]*)</iu.exec(
      content,
    );
  if (annotated !== null) return plainTex(annotated[1]!);
  const said = /\salttext\s*=\s*(?:"([^"]*)"|'([^']*)')/iu.exec(tag);
  const tex = said?.[1] ?? said?.[2] ?? '';
  if (tex.trim() !== '') return plainTex(tex);
  return render(parse(content)).replace(/\s+/gu, ' ').trim();
}

function parse(content: string): MathNode {
  const root: MathNode = { name: 'math', children: [], text: '' };
  const stack = [root];
  for (const [, close, name, rest, text] of content.matchAll(
    /<(\/?)([a-z][\w:-]*)([^>]*)>|([^<]+)/giu,
  )) {
    const top = stack.at(-1)!;
    if (text !== undefined) {
      top.text += text;
      continue;
    }
    const local = (name ?? '').toLowerCase().replace(/^.*:/u, '');
    if (close === '/') {
      const at = stack.findLastIndex((node, depth) => depth > 0 && node.name === local);
      if (at > 0) stack.length = at;
    } else {
      const node: MathNode = { name: local, children: [], text: '' };
      top.children.push(node);
      if (!rest!.endsWith('/') && stack.length < MAX_DEPTH) stack.push(node);
    }
  }
  return root;
}

const grouped = (text: string): string => (/^[\p{L}\p{N}.,]*$/u.test(text) ? text : `(${text})`);

function render(node: MathNode): string {
  const parts = (): string[] => node.children.map(render);
  const [first = '', second = '', third = ''] =
    /^(?:mfrac|msup|msub|msubsup|mroot|mover|munder|munderover)$/u.test(node.name)
      ? parts().map((part) => part.trim())
      : [];
  switch (node.name) {
    case 'mi':
    case 'mn':
    case 'mtext':
    case 'ms':
      return node.text.trim();
    case 'mo': {
      const sign = node.text.trim();
      if (/^(?:\u2061|\u2062|\u2063|&#x206[1-3];|&ApplyFunction;|&InvisibleTimes;)$/iu.test(sign))
        return '';
      return SPACED.test(sign) ? ` ${sign} ` : sign;
    }
    case 'mfrac':
      return `${grouped(first)}/${grouped(second)} `;
    case 'msup':
      return first + exponent(second);
    case 'msub':
      return first + index(second);
    case 'msubsup':
      return first + index(second) + exponent(third);
    case 'munder':
      return first + index(second);
    case 'munderover':
      return `${first}${index(second)}${exponent(third)} `;
    case 'mover':
      // A bar, hat or arrow above.
      return first;
    case 'msqrt':
      return `√${grouped(parts().join('').trim())}`;
    case 'mroot':
      return `${second === '2' ? '' : exponent(second)}√${grouped(first)}`;
    case 'mfenced':
      return `(${parts()
        .map((part) => part.trim())
        .join(', ')})`;
    case 'mtable':
      return ` ${parts().join('; ')} `;
    case 'mtr':
      return parts()
        .map((part) => part.trim())
        .join(' ');
    case 'mspace':
      return ' ';
    case 'annotation':
    case 'annotation-xml':
    case 'mphantom':
    case 'maligngroup':
      return '';
    default:
      return parts().join('') || node.text.trim();
  }
}
