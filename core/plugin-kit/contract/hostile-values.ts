// The promise that a value stays a value: what billing sends never changes the shape of what the box is told.
import type { HookReport } from '../../plugin-host/nas.ts';
import type { KitBox } from '../box.ts';
import type { Promised } from '../contract.ts';
import { isSame } from '../diff.ts';
import { otherValue } from './neighbour.ts';

/** By what they are. */
export const hostile: Readonly<Record<string, string>> = {
  'single quotes': "x'; reboot #",
  'double quotes': 'x"; reboot #',
  'new lines': 'x\nreboot\nflush ruleset\r\n=disabled=yes',
  substitution: '$(reboot)`reboot`$x',
  operators: 'x | reboot && reboot > /dev/null; #',
  'a NUL': 'x\0y',
  Cyrillic: 'Иванов «Иван»',
  'text that turns round': '\u202Etxt\u2066x\u2069',
  '10 kB': 'я'.repeat(5_000),
  // To no file that any machine has: a simulator may be as careless as the programs that it stands for.
  'a way up': '../../../no-such-folder/x',
  'an option': '-rf',
  'RouterOS code': '[:put $x] ; /system reset-configuration',
  'an end of a set': '10.1.2.3 }; add element x { 10.1.2.4, 10.1.2.5',
};

interface Ran {
  readonly outcome: HookReport['outcome'];
  readonly shapes: readonly (readonly string[])[];
}

export const hostileValues: Promised = {
  name: 'hostile-values',
  promise: "no value of any of the account's variables changes the shape of a command",
  trials: (kit) =>
    kit.hooks.flatMap((hook) => {
      const base = kit.cases.find((one) => one.hook === hook && one.outcome === 'done' && one.sent.length > 0);
      if (base === undefined) return [];
      const { state, options, account } = base;
      const open = () => kit.openBox({ state, options });
      return [
        {
          hook,
          name: base.name,
          async run() {
            let box = await open();
            const problems: string[] = [];
            const ranWith = async (changed: Readonly<Record<string, string>>): Promise<Ran> => {
              if (box.simulator.reset) box.simulator.reset();
              else {
                await box.close();
                box = await open();
              }
              return runIn(box, hook, { ...account, ...changed });
            };
            try {
              if ((await ranWith({})).shapes.length === 0)
                return [
                  'the simulator says no shape of what it is told (`shape` in onExchange): nothing can be judged',
                ];
              for (const [variable, own] of Object.entries(account)) {
                const benign: Ran[] = [];
                for (const value of [own, otherValue(variable, own), '7', 'x'])
                  benign.push(await ranWith({ [variable]: value }));
                for (const [what, value] of Object.entries(hostile)) {
                  const wrong = wrongWith(await ranWith({ [variable]: value }), benign);
                  if (wrong !== '') problems.push(`${variable} with ${what}: ${wrong}`);
                }
              }
              return problems;
            } finally {
              await box.close();
            }
          },
        },
      ];
    }),
};

async function runIn(box: KitBox, hook: string, account: Readonly<Record<string, string>>): Promise<Ran> {
  const from = box.exchanges().length;
  const { outcome } = await box.run(hook, account);
  return {
    outcome,
    shapes: box
      .exchanges()
      .slice(from)
      .flatMap(({ shape }) => (shape ? [shape] : [])),
  };
}

/** Whoever refuses may have begun; who is done has told the box what a good value makes him tell it. */
function wrongWith({ outcome, shapes }: Ran, benign: readonly Ran[]): string {
  if (outcome.type === 'retry') return `it would be tried again for ever: ${outcome.reason}`;
  if (outcome.type === 'refused' && outcome.code === 'plugin_error') return `the plugin broke: ${outcome.reason}`;
  const isWhole = outcome.type !== 'refused';
  const known = benign.some((one) => isSame(isWhole ? one.shapes : one.shapes.slice(0, shapes.length), shapes));
  if (known) return '';
  const odd = shapes.find((shape) => !benign.some((one) => one.shapes.some((other) => isSame(shape, other))));
  return `it changes what the box is told: ${odd ? odd.join(' ').slice(0, 500) : `${shapes.length} commands`}`;
}
