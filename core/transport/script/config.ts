// The `script` section of a profile's transports: which old programs may run, and in what surroundings.
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { size } from '../../model/fields.ts';
import { environmentName } from './environment.ts';

export interface ScriptConfig {
  readonly programs: Readonly<Record<string, Program>>;
  readonly cwd: string;
  /** The same for every run; a plugin cannot change these. */
  readonly env: Readonly<Record<string, string>>;
  /** Bytes of standard output and error together that one run may print. */
  readonly max_output: number;
}

export interface Program {
  readonly file: string;
  /** Words before those of the plugin: the only place for options. */
  readonly args: readonly string[];
}

const absolute = z.string().refine(isAbsolute, 'expected an absolute path');

const program = z.union([
  absolute.transform((file): Program => ({ file, args: [] })),
  z.strictObject({ file: absolute, args: z.array(z.string()).default([]) }),
]);

export const scriptConfig: z.ZodType<ScriptConfig> = z.strictObject({
  programs: z
    .record(
      z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'a program is named by Latin letters, digits, . _ -'),
      program,
    )
    .refine((programs) => Object.keys(programs).length > 0, 'name at least one program'),
  cwd: absolute.default('/'),
  env: z.record(environmentName, z.string()).default({}),
  max_output: size(undefined, { least: 1_024, most: 256 * 1_024 ** 2 }).prefault('1MB'),
});
