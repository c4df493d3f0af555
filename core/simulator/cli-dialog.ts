// The terminal side of a simulated box's command line: echo, wrapping, editing, pages, questions, slow answers, a line that drops.

/** What a box has behind its command line. One is made for each login. */
export interface CliBox {
  /** Printed before the first prompt. */
  readonly banner?: string;
  /** Where a login lands. */
  readonly mode: string;
  /** Before lines in the echo wrap; 80 unless given. */
  readonly columns?: number;
  /** Lines of a page until an answer says otherwise; none unless given. */
  readonly pageLines?: number;
  readonly pager?: CliPager;
  /** In place of the first prompt, e.g. a question for the login. */
  readonly first?: CliAnswer;
  prompt(mode: string): string;
  answer(line: string, mode: string): CliAnswer;
}

export interface CliPager {
  readonly mark: string;
  /** What takes the mark away again, before the next page. */
  readonly erase: string;
}

export interface CliAnswer {
  /** Lines apart by `\n`; printed as a terminal wants it. */
  readonly text?: string;
  /** After the text, each after its time: without line ends of its own. */
  readonly pieces?: readonly { readonly text: string; readonly waitMs: number }[];
  /** Printed behind the next prompt, as boxes do with what they log. */
  readonly afterwards?: { readonly text: string; readonly waitMs: number };
  /** Goes there. */
  readonly mode?: string;
  /** From now on; null: no pages. */
  readonly pageLines?: number | null;
  readonly ask?: { readonly question: string; readonly hidden?: boolean; take(answer: string): CliAnswer };
  /** The line drops after what was printed; or the box never says another word. */
  readonly ends?: 'hangs up' | 'hangs';
}

export interface CliDialog {
  input(text: string): void;
}

export interface CliTerminal {
  write(text: string): void;
  hangUp(): void;
}

const usualPager: CliPager = { mark: ' --More-- ', erase: `${'\b'.repeat(10)}${' '.repeat(10)}${'\b'.repeat(10)}` };

export function startCliDialog(box: CliBox, terminal: CliTerminal): CliDialog {
  const { columns = 80, pager = usualPager } = box;
  let { mode } = box;
  let pageLines = box.pageLines ?? null;
  let typed = '';
  let column = 0;
  let waiting = '';
  let asks: NonNullable<CliAnswer['ask']> | undefined;
  let onKey: ((key: string) => void) | undefined;
  let isBusy = false;
  let isAfterReturn = false;

  const print = (text: string) => terminal.write(text.replaceAll('\n', '\r\n'));

  function showPrompt(): void {
    const prompt = asks?.question ?? box.prompt(mode);
    print(prompt);
    column = prompt.length - (prompt.lastIndexOf('\n') + 1);
    typed = '';
    isBusy = false;
    // What was typed ahead is read now.
    const ahead = waiting;
    waiting = '';
    input(ahead);
  }

  async function give(answer: CliAnswer): Promise<void> {
    isBusy = true;
    if (answer.pageLines !== undefined) pageLines = answer.pageLines;
    if (answer.mode !== undefined) mode = answer.mode;
    if (answer.text) await page(answer.text.replace(/\n$/, '').split('\n'));
    for (const { text, waitMs } of answer.pieces ?? []) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      print(text);
    }
    if (answer.ends === 'hangs up') terminal.hangUp();
    if (answer.ends !== undefined) return;
    asks = answer.ask;
    showPrompt();
    const { afterwards } = answer;
    if (afterwards) setTimeout(() => print(afterwards.text), afterwards.waitMs);
  }

  async function page(lines: readonly string[]): Promise<void> {
    const size = pageLines ?? lines.length;
    for (let at = 0; at < lines.length; at += size) {
      if (at > 0 && !(await more())) return;
      print(`${lines.slice(at, at + size).join('\n')}\n`);
    }
  }

  async function more(): Promise<boolean> {
    terminal.write(pager.mark);
    const key = await new Promise<string>((resolve) => {
      onKey = resolve;
    });
    onKey = undefined;
    terminal.write(pager.erase);
    return key !== 'q';
  }

  function key(char: string): void {
    if (onKey) {
      onKey(char);
      return;
    }
    if (isBusy) {
      waiting += char;
      return;
    }
    // A return may come as CR, LF, CR LF or CR NUL.
    const isSecond = isAfterReturn && (char === '\n' || char === '\0');
    isAfterReturn = char === '\r';
    if (isSecond) return;
    if (char === '\r' || char === '\n') enter();
    else if (char === '\b' || char === '\x7f') erase();
    else if (char === '?' && !asks) help();
    else if (char >= ' ') {
      typed += char;
      if (!asks?.hidden) echo(char);
    }
  }

  function enter(): void {
    const line = typed;
    print('\n');
    isBusy = true;
    const answer = asks ? asks.take(line) : line.trim() === '' ? {} : box.answer(line.trim(), mode);
    asks = undefined;
    void give(answer);
  }

  function echo(char: string): void {
    terminal.write(char);
    column += 1;
    if (column < columns) return;
    terminal.write('\r\n');
    column = 0;
  }

  function erase(): void {
    if (typed === '') return;
    typed = typed.slice(0, -1);
    if (!asks?.hidden) terminal.write('\b \b');
  }

  /** Shown at once, without a return, and the line stands there again. */
  function help(): void {
    print(`?\n  WORD  what may follow\n\n${box.prompt(mode)}${typed}`);
  }

  function input(text: string): void {
    for (const char of text) key(char);
  }

  if (box.banner) print(`${box.banner}\n`);
  if (box.first) void give(box.first);
  else showPrompt();
  return { input };
}
