// `ossia nas sync`: compares our sessions of a box with those that it lists, and says what came of it.
import { exitCodes, type Io } from './command.ts';
import type { DaemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { clean, painter } from './text.ts';

interface SyncView {
  readonly nas: string;
  readonly result: 'done' | 'stopped' | 'unreachable' | 'unsupported' | 'failed';
  readonly reason: string;
  readonly live: number;
  readonly listed: number;
  readonly closed: number;
  readonly adopted: number;
  readonly missing: number;
  readonly unidentified: number;
}

interface SyncInput {
  readonly address: DaemonAddress;
  readonly name: string;
  readonly anyShare: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly io: Io;
}

export async function syncNas({ address, name, anyShare, dryRun, json, io }: SyncInput): Promise<number> {
  const path = `/v1/nas/${encodeURIComponent(name)}/sync`;
  const query = dryRun ? { dry_run: 'true' } : {};
  const answer = await ask<SyncView>(address, { method: 'POST', path, query, body: { any_share: anyShare } });
  io.out(
    json
      ? `${JSON.stringify(answer, null, 2)}\n`
      : show(answer, io) + (dryRun ? '  Nothing was closed or adopted: a dry run.\n' : ''),
  );
  return answer.result === 'done' ? exitCodes.ok : exitCodes.refused;
}

function show(answer: SyncView, io: Io): string {
  const { result, reason, live, listed, closed, adopted, missing, unidentified } = answer;
  const head = `${answer.nas}  ${painter(io)(result === 'done' ? 'good' : 'bad', result)}`;
  const why = reason === '' ? '' : `  ${clean(reason)}`;
  const isListed = result === 'done' || result === 'stopped';
  const counts = isListed
    ? `\n  ${live} live, ${listed} listed: ${closed} closed, ${adopted} adopted, ${missing} missing${unidentified > 0 ? `, ${unidentified} unidentified` : ''}`
    : `\n  ${live} live, none touched`;
  return `${head}${why}${counts}\n`;
}
