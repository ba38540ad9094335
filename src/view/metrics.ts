/**
 * How wide a text is, without asking a browser: a picture laid out by Node is the one that the page draws.
 *
 * Widths are those of the widest of the usual fonts (DejaVu, Liberation, Menlo, Helvetica), so a text never leaves its box.
 */

/** `mono` for words of the kernel, `sans` for sentences. */
export type Face = 'mono' | 'sans';

/** What the pictures ask for, in this order. */
export const families: Readonly<Record<Face, string>> = {
  mono: 'ui-monospace, "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace',
  sans: 'system-ui, "DejaVu Sans", "Liberation Sans", "Helvetica Neue", Arial, sans-serif',
};

/** Advance of a character in thousandths of an em, sans: DejaVu Sans, which is the widest. What is not listed is as wide as an average capital. */
const sans: Readonly<Record<string, number>> = {
  ...each('ijl', 278), ...each(' .,', 318), ...each("'|I", 337), ...each('ft()[]{}:;!', 400), ...each('r"', 460), ...each('-/\\', 365), ...each('szckvxy', 600),
  ...each('abdeghnopqu', 636), ...each('0123456789', 636), ...each('_?', 540), ...each('TLFEYZJPSKABVX', 690), ...each('CRUHNDGOQ', 790), ...each('m', 975), ...each('w', 818),
  ...each('MW', 990), ...each('+=<>~', 838),
};

function each(characters: string, width: number): Record<string, number> {
  return Object.fromEntries([...characters].map((character) => [character, width]));
}

/** Width in pixels at a font size of `size` pixels. */
export function widthOf(text: string, size: number, face: Face): number {
  const ems = face === 'mono' ? [...text].length * 602 : [...text].reduce((sum, character) => sum + (sans[character] ?? 740), 0);
  return (ems * size) / 1000;
}

/** Lines no wider than `width`, broken between words; a word that is wider stands alone. */
export function wrapped(text: string, width: number, size: number, face: Face): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((one) => one !== '')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length === 0 || widthOf(longer, size, face) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
