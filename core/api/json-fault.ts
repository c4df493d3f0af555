// Finds where a text stops being JSON, so that the answer can say line and column; runs only on texts that did not parse.

export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
}

const space = /[ \t\r\n]*/y;
const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

type Expecting = 'value' | 'value or ]' | 'name or }' | 'name' | ':' | ', or ]' | ', or }' | 'end';

/** Undefined when the text is JSON. */
export function jsonFault(text: string): JsonFault | undefined {
  const open: ('[' | '{')[] = [];
  let expecting: Expecting = 'value';
  let at = text.startsWith('\uFEFF') ? 1 : 0;

  const afterValue = (): Expecting => {
    const inside = open.at(-1);
    return inside === undefined ? 'end' : inside === '[' ? ', or ]' : ', or }';
  };

  for (;;) {
    at = matchEnd(space, { text, at });
    const char = text[at];
    if (char === undefined) return expecting === 'end' ? undefined : fault({ text, at, expected: expecting });
    if (expecting === 'end') return fault({ text, at, expected: 'nothing more' });
    const takesValue: boolean = expecting === 'value' || expecting === 'value or ]';

    if (takesValue && (char === '[' || char === '{')) {
      open.push(char);
      expecting = char === '[' ? 'value or ]' : 'name or }';
      at++;
    } else if ((char === ']' && /\]$/.test(expecting)) || (char === '}' && /\}$/.test(expecting))) {
      open.pop();
      expecting = afterValue();
      at++;
    } else if (char === ',' && expecting.startsWith(',')) {
      expecting = expecting === ', or ]' ? 'value' : 'name';
      at++;
    } else if (char === ':' && expecting === ':') {
      expecting = 'value';
      at++;
    } else if (char === '"' && (takesValue || expecting.startsWith('name'))) {
      const end = stringEnd({ text, at });
      if (end.fault !== '') return fault({ text, at: end.at, expected: end.fault });
      at = end.at;
      expecting = takesValue ? afterValue() : ':';
    } else {
      const end = takesValue ? matchEnd(literal, { text, at }) : at;
      if (end === at) return fault({ text, at, expected: expecting });
      at = end;
      expecting = afterValue();
    }
  }
}

interface Place {
  readonly text: string;
  readonly at: number;
}

function stringEnd({ text, at }: Place): { readonly at: number; readonly fault: string } {
  for (let index = at + 1; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (char === 0x22) return { at: index + 1, fault: '' };
    if (char < 0x20) return { at: index, fault: 'a \\ escape for this control character' };
    if (char !== 0x5c) continue;
    const end = matchEnd(escaped, { text, at: index });
    if (end === index) return { at: index, fault: 'one of the escapes of JSON' };
    index = end - 1;
  }
  return { at: text.length, fault: 'the closing "' };
}

function matchEnd(pattern: RegExp, { text, at }: Place): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function fault({ text, at, expected }: Place & { readonly expected: string }): JsonFault {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: at - lineStart + 1, expected };
}
