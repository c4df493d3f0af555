// Reads what the box shows of a subscriber: a name and a value to a line.

export interface Entry {
  readonly ip: string;
  readonly blocked: boolean;
}

export function entryOf(text: string): Entry {
  const values = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  );
  return { ip: values.get('ip') ?? '', blocked: values.get('blocked') === 'yes' };
}
