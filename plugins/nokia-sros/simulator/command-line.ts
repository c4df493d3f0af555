// The classic command line of the simulated 7750, as far as it is asked: what one subscriber has.
import type { CliAnswer, CliBox } from '#core/simulator/cli-dialog.ts';
import type { Bng, SimulatedSession } from './bng.ts';

export function createCommandLine(bng: Bng, tell: (line: string, printed: string) => void): () => CliBox {
  return () => ({
    mode: 'exec',
    banner: ' SR OS Software, all rights reserved',
    prompt: () => 'A:bras-1# ',
    answer(line): CliAnswer {
      if (line.startsWith('environment ')) return {};
      const text = answer(bng, line);
      tell(line, text);
      return { text };
    },
  });
}

const rule = '='.repeat(79);
const thin = '-'.repeat(79);

function answer({ sessions }: Bng, line: string): string {
  const [, quoted, bare] = /^show service active-subscribers subscriber (?:"([^"]*)"|(\S+)) detail$/.exec(line) ?? [];
  const id = quoted ?? bare;
  if (id === undefined) return 'Error: Bad command.';
  const own = sessions.filter(({ subscriber }) => subscriber === id);
  const [first] = own;
  if (first === undefined) return 'MINOR: CLI No Such Subscriber Found.';
  return [rule, 'Active Subscribers', rule, thin, ...headOf(first), ...own.flatMap(instanceOf), rule].join('\n');
}

function headOf({ subscriber, subscriber_profile: profile, overrides = {} }: SimulatedSession): string[] {
  const limit = overrides['e:r:rate'] ?? 'N/A';
  return [
    `Subscriber ${subscriber}`,
    `           (${profile})`,
    thin,
    'I. Sched. Policy : N/A',
    'E. Sched. Policy : N/A                              E. Agg Rate Limit: Max',
    `RADIUS Rate-Limit: ${limit}`,
    `Oper-Rate-Limit  : ${limit === 'N/A' ? 'Maximum' : limit}`,
    thin,
  ];
}

function instanceOf(
  { sla, ip, mac = '02:00:00:00:00:01', filter_in, filter_out, port = '1/1/1:100' }: SimulatedSession,
  at: number,
): string[] {
  const shown = (filter: number | undefined): string => String(filter ?? 'N/A');
  return [
    `(${at + 1}) SLA Profile Instance`,
    `    - sap:[${port}] (VPRN 51 - grp-2)`,
    `    - sla:${sla}`,
    thin,
    `Ingr IP Fltr-Id      : ${shown(filter_in).padEnd(22)} Egr IP Fltr-Id    : ${shown(filter_out)}`,
    'Ingr IPv6 Fltr-Id    : N/A                    Egr IPv6 Fltr-Id  : N/A',
    thin,
    'IP Address',
    '              MAC Address        Session            Origin       Svc        Fwd',
    thin,
    ip,
    `              ${mac}  IPoE               DHCP         51         Y`,
    thin,
  ];
}
