import { describe, expect, it } from 'vitest';
import { pdfParts } from './pdf-document.ts';
import { layoutPages, type PdfFragment, type PdfPage } from './pdf-layout.ts';

const line = (text: string, x: number, y: number, size = 10): PdfFragment => ({
  text,
  x,
  y,
  width: text.length * size * 0.5,
  size,
});
const pageOf = (fragments: readonly PdfFragment[]): PdfPage => ({
  left: 0,
  right: 600,
  bottom: 0,
  top: 800,
  fragments,
});

/** A PDF file with the given lines of Helvetica, written by hand. */
function makePdf(
  lines: readonly { text: string; x: number; y: number; size: number }[],
): Uint8Array {
  const stream = lines
    .map(({ text, x, y, size }) => `BT /F1 ${size} Tf ${x} ${y} Td (${text}) Tj ET`)
    .join('\n');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((body, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${body}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const start = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF`;
  return new TextEncoder().encode(file);
}

describe('layoutPages', () => {
  it('reads the left column before the right one and mends hyphenated words and ligatures', () => {
    const left = Array.from({ length: 20 }, (_, i) =>
      line(
        i === 3
          ? 'the wheel was re-'
          : i === 4
            ? 'built with ﬁne oak and'
            : `left words of line ${i} and`,
        50,
        700 - i * 12,
      ),
    );
    const right = Array.from({ length: 20 }, (_, i) =>
      line(`right words of line ${i} go`, 320, 700 - i * 12),
    );
    const { blocks } = layoutPages([pageOf([...left, ...right])]);
    const text = blocks.map((block) => block.text).join(' ');
    expect(text).toContain('the wheel was rebuilt with fine oak');
    expect(text.indexOf('left words of line 19')).toBeLessThan(
      text.indexOf('right words of line 0'),
    );
  });

  it('drops page numbers and running heads', () => {
    const pages = [1, 2, 3].map((number) =>
      pageOf([
        line('Mill Journal, Vol. 4', 50, 780),
        ...Array.from({ length: 8 }, (_, i) =>
          line(
            `${'abc'[number - 1]} sentence ${'pqrstuvw'[i]} about the mill and its wheel.`,
            50,
            700 - i * 12,
          ),
        ),
        line(String(number), 290, 20),
      ]),
    );
    const text = layoutPages(pages)
      .blocks.map((block) => block.text)
      .join('\n');
    expect(text).not.toMatch(/Mill Journal|^\d$/mu);
    expect(text).toContain('c sentence w');
  });
});

describe('pdfParts', () => {
  it('reads a real PDF file: title by size, paragraphs by gaps', async () => {
    const { title, blocks } = await pdfParts(
      makePdf([
        { text: 'On River Mills', x: 60, y: 720, size: 20 },
        {
          text: 'The old mill stood by the river for two hundred years, and it',
          x: 60,
          y: 690,
          size: 11,
        },
        { text: 'ground the flour of six villages until the flood.', x: 60, y: 676, size: 11 },
        { text: 'Nobody rebuilt its wheel.', x: 60, y: 640, size: 11 },
      ]),
    );
    expect(title).toBe('On River Mills');
    expect(blocks.map((block) => block.text)).toEqual([
      'On River Mills',
      'The old mill stood by the river for two hundred years, and it ground the flour of six villages until the flood.',
      'Nobody rebuilt its wheel.',
    ]);
    expect(blocks[0]?.kind).toBe('heading');
  });

  it('reads a real file of two columns, with a ligature and a word cut at a line end', async () => {
    const left = Array.from({ length: 20 }, (_, index) => ({
      // In the standard encoding of Helvetica, octal 256 is the ligature of f and i.
      text:
        index === 3
          ? 'the wheel of the mill was re-'
          : index === 4
            ? 'built of \\256ne oak in that year'
            : `left words stand in line ${index} and`,
      x: 50,
      y: 700 - index * 13,
      size: 10,
    }));
    const right = left.map(({ y }, index) => ({
      text: `right words stand in line ${index} so`,
      x: 320,
      y,
      size: 10,
    }));
    // Line by line across both columns, as many programs write them.
    const lines = left.flatMap((one, index) => [one, ...right.slice(index, index + 1)]);
    const { blocks } = await pdfParts(makePdf(lines));
    const text = blocks.map((block) => block.text).join(' ');
    expect(text).toContain('the wheel of the mill was rebuilt of fine oak in that year');
    expect(text.indexOf('left words stand in line 19')).toBeLessThan(
      text.indexOf('right words stand in line 0'),
    );
  });
});

it('keeps the hyphens that the author typed and takes out those of the printer', () => {
  const lines = [
    'A third of it is cast-',
    'iron work, and the govern-',
    'ment lets it for twenty-',
    'five years; the water-',
    'works own the waterworks.',
  ];
  const { blocks } = layoutPages([
    {
      left: 0,
      right: 600,
      bottom: 0,
      top: 800,
      fragments: lines.map((text, row) => ({
        text,
        x: 50,
        y: 700 - row * 14,
        width: 300,
        size: 11,
      })),
    },
  ]);
  expect(blocks.map(({ text }) => text).join(' ')).toBe(
    'A third of it is cast-iron work, and the government lets it for twenty-five years; the waterworks own the waterworks.',
  );
});
