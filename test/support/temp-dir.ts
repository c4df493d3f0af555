// A directory of its own for one test, gone when the test is over.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export function tempDir(): string {
  const { directory, remove } = makeTempDir();
  onTestFinished(remove);
  return directory;
}

/** For what outlives one test; the caller removes it. */
export function makeTempDir(): { readonly directory: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'ossia-test-'));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
