import { styleText } from 'node:util';

/** Styles that the displays use. */
export type PaintStyle = 'bold' | 'dim' | 'green' | 'cyan' | 'yellow';

/** Ink would ask stdout whether colours are wanted; the picture goes to stderr, which was asked. */
export function paint(color: boolean, style: PaintStyle, text: string): string {
  return color ? styleText(style, text, { validateStream: false }) : text;
}
