// `fuzz`: a million mutated packets through our readers; a part of them through npm `radius`, for what it takes and what it throws at.
import npmRadius from 'radius';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { fuzzPackets } from '#test/support/packet-fuzz.ts';
import type { BenchResult, BenchRun } from './result.ts';

const packets = 1_000_000;
const peerPackets = 100_000;

export async function run({ json }: BenchRun): Promise<BenchResult> {
  const dictionary = await loadDictionary(new URL('../../nas-profiles/dictionaries', import.meta.url).pathname);
  const seed = Date.now() % 2 ** 31;
  if (!json) process.stdout.write(`${packets} packets from seed ${seed}\n`);
  const report = fuzzPackets({ dictionary, packets, seed });
  for (const line of [...report.forged, ...report.thrown].slice(0, 10)) process.stderr.write(`${line}\n`);

  let threw = 0;
  let peerMs = 0;
  const secret = 'общий-секрет';
  fuzzPackets({
    dictionary,
    packets: peerPackets,
    seed,
    onPacket(packet, request) {
      if (request !== null) return;
      const begun = performance.now();
      try {
        npmRadius.decode({ packet, secret });
      } catch {
        threw++;
      }
      peerMs += performance.now() - begun;
    },
  });
  const ours = (packets / report.ms) * 1000;
  const peer = (peerPackets / 3 / peerMs) * 1000;
  const seconds = Math.round(report.ms / 100) / 10;
  const { genuine, signedGarbage } = report;
  const forged = report.forged.length;
  const thrown = report.thrown.length;
  if (forged + thrown > 0) throw new Error(`${forged} forged packets were taken, ${thrown} made a reader throw`);
  return {
    bench: 'fuzz',
    ours,
    peer,
    ratio: ours / peer,
    unit: 'packets/s',
    details: { packets, seconds, seed, forged, thrown, genuine, signedGarbage, 'npm radius threw at requests': threw },
  };
}
