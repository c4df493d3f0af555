// A line in the journal of a job that no run wrote.
import type { Job } from '../model/job.ts';
import type { Change } from '../store/store.ts';

export function noteOn(
  job: Job,
  { at, via, text }: { readonly at: number; readonly via: string; readonly text: string },
): Change {
  return { type: 'journal', jobId: job.id, entries: [{ at, attempt: job.attempt, nas: '', kind: 'note', via, text }] };
}
