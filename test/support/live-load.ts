// Steady live events to several healthy boxes of a running daemon, each timed from its POST to its arrival at the box.
import { attributeText, type CoaBox, startCoaBox } from '#test/support/coa-box.ts';
import type { DaemonProcess } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

export interface LiveLoad {
  readonly boxes: readonly CoaBox[];
  /** Box number n serves the profile `healthy-n` at this address. */
  readonly nasIp: (box: number) => string;
  /** Begins, or goes on under another name: what is sent from now on counts there. */
  phase(name: string): void;
  sent(): number;
  /** How long after this moment the next event arrived that was sent after it. */
  servedAfter(at: number): Promise<number>;
  /** Sends nothing more and waits until everything that was sent has arrived. */
  finish(): Promise<void>;
  /** One line for each phase. */
  table(): string;
  close(): Promise<void>;
}

interface Sent {
  readonly at: number;
  readonly phase: string;
  arrivedAt: number;
}

const deadlineMs = 30_000;

export async function startLiveLoad(given: {
  readonly boxes: number;
  readonly perSecond: number;
}): Promise<LiveLoad & { drive(daemon: DaemonProcess): void }> {
  const events = new Map<string, Sent>();
  const boxes = await Promise.all(
    Array.from({ length: given.boxes }, () =>
      startCoaBox((packet) => {
        const event = events.get(attributeText(packet, 11));
        if (event && event.arrivedAt === 0) event.arrivedAt = Date.now();
        return true;
      }),
    ),
  );
  const nasIp = (box: number): string => `10.0.0.${box + 1}`;
  const failures: string[] = [];
  const posts = new Set<Promise<void>>();
  let phase = '';
  let timer: NodeJS.Timeout | undefined;
  let next = 0;

  async function post(daemon: DaemonProcess): Promise<void> {
    const number = next++;
    const step = `live-${number}`;
    events.set(step, { at: Date.now(), phase, arrivedAt: 0 });
    const account = { user_id: `u${number % 400}`, login: 'абонент', nas_ip: nasIp(number % boxes.length), step };
    const answer = await daemon.call('POST', '/v1/events', { id: step, hook: 'user_edit', account });
    if (answer.status !== 202) failures.push(`${step}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  return {
    boxes,
    nasIp,
    phase(name) {
      phase = name;
    },
    drive(daemon) {
      const began = performance.now();
      let fired = 0;
      // By what is due rather than by ticks: a late timer must not lower the load.
      timer = setInterval(() => {
        const due = Math.floor(((performance.now() - began) / 1000) * given.perSecond);
        for (; fired < due; fired++) {
          const posting = post(daemon)
            .catch((error: unknown) => void failures.push(String(error)))
            .finally(() => posts.delete(posting));
          posts.add(posting);
        }
      }, 5);
    },
    sent: () => events.size,
    async servedAfter(at) {
      const first = await until(
        () => [...events.values()].find((one) => one.at >= at && one.arrivedAt > 0),
        deadlineMs,
      );
      return first.arrivedAt - at;
    },
    async finish() {
      clearInterval(timer);
      await Promise.all(posts);
      if (failures.length > 0) throw new Error(`not accepted: ${failures.slice(0, 3).join('; ')}`);
      const missing = () => [...events].filter(([, { arrivedAt }]) => arrivedAt === 0).map(([step]) => step);
      await until(() => missing().length === 0, deadlineMs).catch(() => {
        throw new Error(`of ${events.size} healthy events these never arrived: ${missing().slice(0, 10).join()}`);
      });
    },
    table() {
      const waits = new Map<string, number[]>();
      for (const { phase: name, at, arrivedAt } of events.values())
        waits.set(name, [...(waits.get(name) ?? []), arrivedAt - at]);
      const rows = [...waits].map(([name, all]) => {
        const sorted = all.sort((a, b) => a - b);
        const of = (part: number) => String(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]);
        const cells = [String(sorted.length), of(0.5), of(0.99), String(sorted.at(-1))].map((cell) => cell.padStart(7));
        return `${name.padEnd(46)}${cells.join('')}`;
      });
      const head = ['events', 'p50', 'p99', 'max'].map((cell) => cell.padStart(7)).join('');
      return [`${'healthy lanes, POST to box, ms'.padEnd(46)}${head}`, ...rows].join('\n');
    },
    async close() {
      clearInterval(timer);
      await Promise.allSettled(posts);
      await Promise.all(boxes.map((box) => box.close()));
    },
  };
}
