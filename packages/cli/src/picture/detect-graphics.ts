import { envValue, type Io } from '../io/io.ts';

/** The best way this terminal can show a picture. */
export type Graphics =
  | { readonly kind: 'kitty' }
  | { readonly kind: 'iterm2' }
  | {
      readonly kind: 'sixel';
      /** Pixels of one character cell. */
      readonly cell: { readonly width: number; readonly height: number };
    }
  | { readonly kind: 'blocks'; readonly colors: 'rgb' | 'palette' }
  | { readonly kind: 'none' };

/**
 * Asked in one go, the question every terminal answers last: is there kitty graphics (a query that
 * stores nothing), what is your name (XTVERSION), how large is a cell (XTWINOPS 16), and what are
 * you (DA1, where 4 means sixel). Terminals leave out what they do not know.
 */
const question = '\u001b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u001b\\\u001b[>0q\u001b[16t\u001b[c';

/** Long enough for a terminal at the other end of a slow line. */
const answerTimeoutMs = 600;

/** Cell of a terminal that does not say; that of the VT340, which sixel comes from. */
const usualCell = { width: 10, height: 20 };

/** Finds out by asking the terminal, else by the names terminals leave in the environment. */
export async function detectGraphics(io: Io): Promise<Graphics> {
  if (io.stdout.isTTY !== true || envValue(io, 'TERM') === 'dumb') return { kind: 'none' };
  const answer = await (io.terminal?.ask(question, isWhole, answerTimeoutMs) ?? '');
  return answeredGraphics(answer) ?? namedGraphics(io) ?? blockGraphics(io);
}

/** Escape characters written out, so that answers can be searched by their printable rest. */
function spelled(answer: string): string {
  return answer.replaceAll('\u001b', '<ESC>');
}

const deviceAttributes = /<ESC>\[\?([\d;]*)c/;

function isWhole(answer: string): boolean {
  return deviceAttributes.test(spelled(answer));
}

function answeredGraphics(raw: string): Graphics | undefined {
  const answer = spelled(raw);
  if (answer.includes('<ESC>_Gi=31;OK')) return { kind: 'kitty' };
  if (answer.includes('<ESC>P>|iTerm2 ')) return { kind: 'iterm2' };
  const [, attributes = ''] = deviceAttributes.exec(answer) ?? [];
  if (!attributes.split(';').includes('4')) return undefined;
  const [, height, width] = /<ESC>\[6;(\d+);(\d+)t/.exec(answer) ?? [];
  const cell = { width: Number(width ?? 0), height: Number(height ?? 0) };
  return { kind: 'sixel', cell: cell.width > 0 && cell.height > 0 ? cell : usualCell };
}

/** Inside tmux and screen the names are those of the terminal outside, which cannot be reached. */
function namedGraphics(io: Io): Graphics | undefined {
  if (envValue(io, 'TMUX') !== undefined || envValue(io, 'STY') !== undefined) return undefined;
  const names = [envValue(io, 'TERM_PROGRAM'), envValue(io, 'LC_TERMINAL')];
  if (names.includes('iTerm.app') || names.includes('iTerm2')) return { kind: 'iterm2' };
  if (names.includes('ghostty') || envValue(io, 'KITTY_WINDOW_ID') !== undefined) {
    return { kind: 'kitty' };
  }
  return undefined;
}

function blockGraphics(io: Io): Graphics {
  if (envValue(io, 'NO_COLOR') !== undefined) return { kind: 'none' };
  const colorTerm = envValue(io, 'COLORTERM');
  const depth = io.stdout.getColorDepth?.(io.env) ?? 1;
  if (colorTerm === 'truecolor' || colorTerm === '24bit' || depth >= 24) {
    return { kind: 'blocks', colors: 'rgb' };
  }
  return depth >= 8 ? { kind: 'blocks', colors: 'palette' } : { kind: 'none' };
}
