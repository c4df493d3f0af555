// Reads the settings file: parsed, secrets resolved, checked, paths made relative to it; all that is wrong is said at once.
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { OssiaError } from '../errors.ts';
import { createMask } from '../model/mask.ts';
import { check } from './check.ts';
import { emptyMap, type Located, type Path, placeAt } from './located.ts';
import { type Problem, problemAt, problemsError } from './problems.ts';
import { type Environment, resolveSecrets } from './secrets.ts';
import { type Settings, settingsSchema } from './settings.ts';
import { readYaml } from './yaml-source.ts';

interface LoadSettingsInput {
  /** `ossia.yaml` when left out; that one may be missing. */
  readonly file?: string;
  readonly env?: Environment;
}

const code = 'config_invalid';
/** What the kernel takes as the path of a unix socket. */
const longestSocket = 107;

/** Rejects with `config_invalid` or `secret_missing`. */
export async function loadSettings({ file, env = {} }: LoadSettingsInput = {}): Promise<Settings> {
  const name = file ?? 'ossia.yaml';
  const text = await readText(name, file !== undefined);
  const read = text === undefined ? { root: emptyMap(name), problems: [] } : readYaml({ file: name, text, code });
  if (read.problems.length > 0) throw problemsError(code, read.problems);
  const secrets = await resolveSecrets({ root: read.root, env, code, isSecret });
  const checked = check({ schema: settingsSchema, root: secrets.root, code, isSecret });
  const problems = [...secrets.problems];
  // A reference that points at nothing leaves an empty text behind, which is not another problem.
  if (!checked.ok)
    problems.push(...checked.problems.filter(({ where }) => !problems.some((one) => one.where === where)));
  const mask = createMask(secrets.secrets);
  if (!checked.ok || problems.length > 0)
    throw problemsError(
      code,
      problems.map((one) => masked(one, mask)),
    );

  const { socket, ...value } = checked.value;
  const at = (path: string) => (isAbsolute(path) ? path : join(dirname(name), path));
  const data = at(value.data);
  const socketPath = socket === false ? null : socket === undefined ? join(data, 'ossia.sock') : at(socket);
  const settings: Settings = {
    ...value,
    data,
    profiles: at(value.profiles),
    plugins: at(value.plugins),
    socket: socketPath,
    accounting: withFiles(value.accounting, at),
    file: text === undefined ? null : name,
    warnings: secrets.warnings,
  };
  const contradictions = contradictionsOf(settings, secrets.root);
  if (contradictions.length > 0) throw problemsError(code, contradictions);
  return settings;
}

/** Relative to the settings file. */
function withFiles(accounting: Settings['accounting'], at: (path: string) => string): Settings['accounting'] {
  const { radsec, ...rest } = accounting;
  if (radsec === undefined) return rest;
  return { ...rest, radsec: { ...radsec, cert: at(radsec.cert), key: at(radsec.key), ca: at(radsec.ca) } };
}

function isSecret(path: Path): boolean {
  return path[0] === 'tokens' && path[2] === 'token';
}

function masked(problem: Problem, mask: (text: string) => string): Problem {
  return { ...problem, problem: mask(problem.problem) };
}

async function readText(file: string, demanded: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? '';
    if (reason === 'ENOENT' && !demanded) return undefined;
    const why = reason === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${reason})`;
    throw new OssiaError(code, `${file}: ${why}; name another one with --config, or leave it out for the defaults`, {
      fields: [{ where: file, problem: why }],
    });
  }
}

/** What each value alone allows and all together do not. */
function contradictionsOf(settings: Settings, root: Located): readonly Problem[] {
  const problems: Problem[] = [];
  const say = (path: Path, problem: string) =>
    problems.push(problemAt({ place: placeAt(root, path), path, code }, problem));
  const { tokens, http, retry, socket } = settings;
  tokens.forEach((token, index) => {
    const same = tokens.findIndex(({ name }) => name === token.name);
    if (same < index) say(['tokens', index, 'name'], `tokens[${same}] has this name already; give each its own`);
    const double = tokens.findIndex((other) => other.token === token.token);
    if (double < index) say(['tokens', index, 'token'], `tokens[${double}] is the same token; give each its own`);
  });
  if (tokens.length === 0 && !isLoopback(http.host))
    say(
      ['http', 'host'],
      'listening beyond this machine needs at least one entry in tokens; add one, or use 127.0.0.1',
    );
  if (retry.max < retry.first) say(['retry', 'max'], 'expected at least the duration of retry.first');
  if (socket && Buffer.byteLength(socket) > longestSocket)
    say(['socket'], `the path of a unix socket is at most ${longestSocket} bytes long; choose a shorter one`);
  return problems;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
