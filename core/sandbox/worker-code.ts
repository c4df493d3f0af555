// Builds the texts of worker and prelude once per daemon: the worker runs without a JIT and so without Node's type stripping.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { OssiaError } from '../errors.ts';

export interface WorkerCode {
  /** What the worker process runs, one CommonJS text. */
  readonly worker: string;
  readonly prelude: string;
  /** The engine's native file. */
  readonly addon: string;
}

export async function buildWorkerCode(): Promise<WorkerCode> {
  const here = dirname(fileURLToPath(import.meta.url));
  const webGlobals = await bundle(join(here, 'guest/web-globals.ts'), {
    platform: 'neutral',
    format: 'iife',
    globalName: 'web',
  });
  const [worker, prelude] = await Promise.all([
    bundle(join(here, 'worker/worker.ts'), {
      platform: 'node',
      format: 'cjs',
      define: { ossiaWebGlobals: JSON.stringify(webGlobals) },
    }),
    bundle(join(here, 'guest/prelude.ts'), { platform: 'neutral', format: 'iife', globalName: 'prelude' }),
  ]);
  return { worker, prelude, addon: addonFile() };
}

async function bundle(
  entry: string,
  options: Pick<BuildOptions, 'platform' | 'format' | 'globalName' | 'define'>,
): Promise<string> {
  const built = await build({
    ...options,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    target: 'es2023',
    charset: 'utf8',
    logLevel: 'silent',
  });
  return built.outputFiles[0]?.text ?? '';
}

/** The package's own way to find it looks around the file system, which the worker may not. */
export function addonFile(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('isolated-vm/package.json'));
  const prebuilds = join(folder, 'prebuilds', `${process.platform}-${process.arch}`);
  const abi = process.versions.modules;
  const candidates = [
    join(folder, 'build/Release/isolated_vm.node'),
    join(prebuilds, `isolated-vm.abi${abi}.${existsSync('/etc/alpine-release') ? 'musl' : 'glibc'}.node`),
    join(prebuilds, `isolated-vm.abi${abi}.node`),
  ];
  const found = candidates.find((file) => existsSync(file));
  if (found) return found;
  throw new OssiaError(
    'internal',
    `isolated-vm has no native build for Node ${process.versions.node} (ABI ${abi}) on ${process.platform}-${process.arch}: run with Node 24 as package.json installs it.`,
  );
}
