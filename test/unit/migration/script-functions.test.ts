// Taking an old script apart: functions in every way of writing them, joined lines, comments, and texts that are no script.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readScript } from '#core/migration/script-functions.ts';

const functionsOf = (text: string) =>
  readScript(text).functions.map(({ name, lines }) => [name, ...lines.map((line) => line.text)]);

test('functions in every way of writing them', () => {
  const text = `#!/bin/bash
. /lib/x # общие функции
user_add(){
  if [ "$a" ]; then { echo 1; }; fi
}
user_del () {
  send "\${ip}" }
}
}
function user_edit { :; }
function user_info()
{
  echo "# не комментарий" # комментарий
}
user_test() { echo 1; echo 2; }
"$1"`;
  expect(functionsOf(text)).toEqual([
    ['user_add', 'if [ "$a" ]; then { echo 1; }; fi'],
    ['user_del', `send "\${ip}" }`],
    ['user_edit', ':;'],
    ['user_info', 'echo "# не комментарий"'],
    ['user_test', 'echo 1; echo 2;'],
  ]);
});

test('lines that a backslash joins are one, with the number of the first', () => {
  const [found] = readScript('user_add() {\n  ssh \\\n    host \\\n    reboot\n}\n').functions;
  expect(found?.lines).toEqual([{ number: 2, text: 'ssh  host  reboot' }]);
});

test('a comment that ends with a backslash joins nothing, and letters of two halves move nothing', () => {
  expect(functionsOf('# что делает \\\nuser_add() {\n  ssh "📺" "$ip" # телевизор\n}')).toEqual([
    ['user_add', 'ssh "📺" "$ip"'],
  ]);
});

test('what a program is given to read belongs to its function, whatever braces are in it', () => {
  const text = `user_add() {
  curl -d @- "$url" <<-'КОНЕЦ' || a=$((1<<b))
  curl -d @- "$url" <<EOF
{ "login": "$login" }
user_del() {
EOF
  cat <<< word
}
user_drop() { :; }`;
  expect(functionsOf(text)).toEqual([
    [
      'user_add',
      `curl -d @- "$url" <<-'КОНЕЦ' || a=$((1<<b))`,
      'curl -d @- "$url" <<EOF',
      '{ "login": "$login" }',
      'user_del() {',
      'cat <<< word',
    ],
    ['user_drop', ':;'],
  ]);
});

test('a function that does not end is shown as far as it goes', () => {
  expect(functionsOf('user_add() {\n  echo 1')).toEqual([['user_add', 'echo 1']]);
});

test('whatever the text is, it is read', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => Array.isArray(readScript(text).functions)),
  );
  const pieces = fc.constantFrom('{', '}', '"', "'", '\\', '\n', '#', 'f()', '${', 'while', ' ');
  fc.assert(fc.property(fc.array(pieces), (some) => Array.isArray(readScript(some.join('')).functions)));
});
