// Mapping stacks: foreign frames go, forged ones do no harm.
import { expect, test } from 'vitest';
import { mapStack } from '#core/sandbox/source-map.ts';

// Line 2, column 4 of the bundle is line 10, column 3 of plugin.ts.
const map = JSON.stringify({ version: 3, sources: ['plugins/acme/plugin.ts'], mappings: ';IASE' });

test('mapStack keeps the message and the frames of the plugin, in its own places', () => {
  const stack = `TypeError: нет\n    at go (file:///plugin.js:2:5)\n    at async ossia:prelude:1:200\n    at (<isolated-vm boundary>)`;
  expect(mapStack(stack, map)).toEqual({
    stack: 'TypeError: нет\n    at go (plugins/acme/plugin.ts:10:3)',
    top: 'plugins/acme/plugin.ts:10:3',
  });
});

test('mapStack drops frames that lead nowhere', () => {
  const stack = 'Error: x\n    at file:///plugin.js:99999:1\n    at file:///plugin.js:0:0';
  expect(mapStack(stack, map)).toEqual({ stack: 'Error: x', top: '' });
});

test('mapStack gives nothing for nothing, and stays whole without a map', () => {
  expect(mapStack('', map)).toEqual({ stack: '', top: '' });
  expect(mapStack('Error: x\n    at file:///plugin.js:2:5', '')).toEqual({ stack: 'Error: x', top: '' });
});
