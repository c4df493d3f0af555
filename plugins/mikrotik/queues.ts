// One simple queue per address, named like the one of mikrotik-simple, with the account's speed.
import { type BoxState, type RouterOsRow, refuse } from '#plugin-sdk';
import { type Device, queuePrefixOf } from './options.ts';
import { type Account, addressOf, type Input, isForeign, knownAddressOf, ownerOf } from './subscriber.ts';

export const queueMenu = '/queue/simple';

export async function ensureQueue(input: Input, device: Device): Promise<void> {
  const { account, options } = input;
  const address = addressOf(account);
  const up = shapeOf(account, 'in');
  const down = shapeOf(account, 'out');
  const seconds = options.queue?.burst_time_s ?? 8;
  // RouterOS writes a queue's speeds as upload/download, seen from the target.
  const both = (speed: 'limitAt' | 'maxLimit' | 'burstLimit' | 'threshold') => `${up[speed]}/${down[speed]}`;
  await device.routeros.ensure(
    queueMenu,
    { name: queuePrefixOf(options) + address },
    {
      target: address.includes('/') ? address : `${address}/32`,
      'max-limit': both('maxLimit'),
      'limit-at': both('limitAt'),
      'burst-limit': both('burstLimit'),
      'burst-threshold': both('threshold'),
      'burst-time': `${up.burstLimit ? seconds : 0}s/${down.burstLimit ? seconds : 0}s`,
      ...(options.queue?.parent === undefined ? {} : { parent: options.queue.parent }),
      ...(options.queue?.type === undefined ? {} : { queue: options.queue.type }),
      comment: ownerOf(account),
      disabled: 'no',
    },
  );
}

/**
 * The same speeds for the queue of a running session, `rx/tx [burst [threshold [time [priority [least]]]]]` as the box sees it: what it
 * receives is the subscriber's upload.
 */
export function rateLimitOf({ account, options }: Input): string {
  const [up, down] = [shapeOf(account, 'in'), shapeOf(account, 'out')];
  const both = (text: (shape: Shape) => number) => `${text(up)}/${text(down)}`;
  const kilo = (speed: (shape: Shape) => number) => `${speed(up) / 1000}k/${speed(down) / 1000}k`;
  const isBursting = up.burstLimit + down.burstLimit > 0;
  const isSplit = up.limitAt + down.limitAt > 0;
  if (!isBursting && !isSplit) return kilo(({ maxLimit }) => maxLimit);
  const seconds = options.queue?.burst_time_s ?? 8;
  const words = [
    kilo(({ maxLimit }) => maxLimit),
    kilo(({ burstLimit }) => burstLimit),
    kilo(({ threshold }) => threshold),
    both(({ burstLimit }) => (burstLimit > 0 ? seconds : 0)),
  ];
  // Left out, the least is the limit itself.
  if (isSplit)
    words.push(
      '8',
      kilo(({ limitAt, maxLimit }) => limitAt || maxLimit),
    );
  return words.join(' ');
}

/** The queue of the address unless it became another account's, and every queue marked as this account's. */
export async function removeQueue(input: Input, device: Device): Promise<number> {
  const { account, options } = input;
  const properties = ['.id', 'name', 'comment'];
  const address = knownAddressOf(account);
  const rows = await device.routeros.print(queueMenu, { comment: ownerOf(account) }, properties);
  if (address !== null) {
    const name = queuePrefixOf(options) + address;
    const named = await device.routeros.print(queueMenu, { name }, properties);
    rows.push(...named.filter((row) => !isForeign(row['comment'], account)));
  }
  const found = [...new Set(rows.map((row) => row['.id'] ?? ''))];
  for (const id of found) await device.routeros.ensureAbsent(queueMenu, { '.id': id });
  return found.length;
}

export function hasRate(account: Account): boolean {
  return Boolean(account['rate_in'] || account['rate_out']);
}

/** Bits per second, 0 for no limit; `rate` is what HTB calls so: guaranteed when there is a higher `ceil`, else the limit. */
interface Shape {
  readonly limitAt: number;
  readonly maxLimit: number;
  readonly burstLimit: number;
  readonly threshold: number;
}

function shapeOf(account: Account, direction: 'in' | 'out'): Shape {
  const rate = bitsOf(account, `rate_${direction}`);
  const ceil = bitsOf(account, `ceil_${direction}`);
  const burst = bitsOf(account, `burst_${direction}`);
  const isSplit = rate > 0 && ceil > rate;
  const maxLimit = isSplit ? ceil : rate;
  const isBursting = maxLimit > 0 && burst > maxLimit;
  return {
    limitAt: isSplit ? rate : 0,
    maxLimit,
    burstLimit: isBursting ? burst : 0,
    // The RADIUS attribute's own default: a burst is allowed while the average is below the limit.
    threshold: isBursting ? maxLimit : 0,
  };
}

/** What was set, of what the queue has: the guaranteed speed where there is one; switched off, it limits nobody. Undefined when it cannot be read. */
export function rateOfQueue(row: RouterOsRow): BoxState['rate'] | undefined {
  if (row['disabled'] === 'true') return null;
  const [up, down] = [0, 1].map((side) => {
    const [limitAt, maxLimit] = ['limit-at', 'max-limit'].map((name) => row[name]?.split('/')[side] ?? '0');
    return Number(limitAt === '0' ? maxLimit : limitAt) / 1000;
  }) as [number, number];
  if (Number.isNaN(up + down)) return undefined;
  return up + down === 0 ? null : { rate_in: up, rate_out: down };
}

export function bitsOf(account: Account, name: string): number {
  const text = account[name] ?? '';
  if (!/^\d{0,9}$/.test(text)) {
    throw refuse(`${name} is ${JSON.stringify(text.slice(0, 40))}, which is no whole number of kbit/s.`);
  }
  return Number(text) * 1000;
}
