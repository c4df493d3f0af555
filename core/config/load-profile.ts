// From a profile's file to a Profile: layers, secrets, schemas; everything that is wrong at once, each with its own file and line.
import { createHash } from 'node:crypto';
import type { OssiaError } from '../errors.ts';
import { createMask, type Mask } from '../model/mask.ts';
import type { TransportDefinition } from '../transport/transport.ts';
import { check } from './check.ts';
import { conceal } from './conceal.ts';
import { hint } from './hint.ts';
import { profileFile, profileName, readLayers } from './layers.ts';
import { emptyMap, isMap, type Located, type LocatedMap, nodeAt, type Path, placeAt, toPlain } from './located.ts';
import { type Problem, problemAt, problemsError } from './problems.ts';
import type { Profile, RadiusClient } from './profile.ts';
import { type ProfileFile, profileSchema } from './profile-schema.ts';
import { type Environment, resolveSecrets } from './secrets.ts';

export type TransportDefinitions = Readonly<Record<string, TransportDefinition>>;

export interface LoadProfileInput {
  readonly name: string;
  readonly dir: string;
  readonly transports: TransportDefinitions;
  readonly env: Environment;
}

/** Where a plugin's options stand: at the top of the profile, or in the section of a second plugin. */
export interface PluginPart {
  readonly at: Path;
  readonly options: LocatedMap;
  place(path: Path): { readonly file: string; readonly line: number };
}

export interface ProfileReading {
  /** Null exactly when there is an error. */
  readonly profile: Profile | null;
  readonly error: OssiaError | null;
  /** `options` with their places, for the check against the plugin's schema. */
  readonly options: LocatedMap;
  second(section: 'beside' | 'shadow'): PluginPart;
  /** Where a key stands, for messages of those who find something wrong later. */
  place(path: Path): { readonly file: string; readonly line: number };
  /** Its file, the models, and the files of its secrets: when one changes, it is worth another reading. */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
  readonly mask: Mask;
  /** Of all that was read, secrets included. */
  readonly hash: string;
}

const code = 'profile_invalid';

/** Never rejects. */
export async function readProfile({ name, dir, transports, env }: LoadProfileInput): Promise<ProfileReading> {
  const layers = await readLayers({ dir, name });
  const file = profileFile({ dir, name });
  const isSecret = secretPaths(transports);
  const resolved = await resolveSecrets({
    root: layers.root,
    env,
    code,
    isSecret,
    isForPlugin: ([first, second]) =>
      first === 'options' || ((first === 'beside' || first === 'shadow') && second === 'options'),
  });
  const mask = createMask(resolved.secrets);
  const problems: Problem[] = [...layers.problems];
  if (!profileName.test(name)) {
    const problem = `the name of a profile is its file's name: a-z, 0-9 and "-" only; rename ${name}.yaml`;
    problems.push(problemAt({ place: { file, line: 1 }, path: [], code }, problem));
  }
  const { root } = resolved;
  let profile: Profile | null = null;
  // Half a file would only give problems that go away with the first.
  if (layers.problems.length === 0) {
    const built = build({ name, file, root, transports, isSecret });
    const known = new Set(resolved.problems.map(({ where }) => where));
    problems.push(...resolved.problems, ...built.problems.filter(({ where }) => !known.has(where)));
    profile = built.profile;
  }
  const error =
    problems.length === 0
      ? null
      : problemsError(
          code,
          problems.map((one) => ({ ...one, problem: mask(one.problem) })),
        );
  const optionsAt = (path: Path): LocatedMap => {
    const options = nodeAt(root, path);
    return isMap(options) ? options : emptyMap(file);
  };
  const place = (path: Path) => placeAt(root, path);
  return {
    profile: error ? null : profile,
    error,
    options: optionsAt(['options']),
    second: (section) => ({ at: [section], options: optionsAt([section, 'options']), place }),
    place,
    files: [...layers.files, ...resolved.files],
    warnings: resolved.warnings,
    mask,
    hash: createHash('sha256')
      .update(JSON.stringify([name, layers.texts, resolved.secrets]))
      .digest('hex'),
  };
}

interface BuildInput {
  readonly name: string;
  readonly file: string;
  readonly root: Located;
  readonly transports: TransportDefinitions;
  isSecret(path: Path): boolean;
}

function build({ name, file, root, transports, isSecret }: BuildInput): {
  profile: Profile | null;
  problems: Problem[];
} {
  const problems: Problem[] = [];
  const checked = check({ schema: profileSchema, root, code, isSecret, plain: withTextsInMatch(root) });
  if (!checked.ok) problems.push(...checked.problems);
  const sections: Record<string, unknown> = {};
  const configured = nodeAt(root, ['transports']);
  for (const key of isMap(configured) ? configured.entries.keys() : []) {
    const definition = Object.hasOwn(transports, key) ? transports[key] : undefined;
    const path = ['transports', key];
    if (definition === undefined) {
      const unknown = `is not a known transport${hint(key, Object.keys(transports))}`;
      problems.push(problemAt({ place: placeAt(root, path), path, code }, unknown));
      continue;
    }
    const result = check({ schema: definition.config, root, at: path, code, isSecret });
    if (result.ok) sections[key] = conceal(result.value, definition.secrets);
    else problems.push(...result.problems);
  }
  if (!checked.ok) return { profile: null, problems };
  const radius = radiusOf(checked.value);
  if (radius && radius.addresses.length === 0) {
    const path = ['radius', 'addresses'];
    const missing = 'expected the addresses that its packets come from, since match has no nas_ip';
    problems.push(problemAt({ place: placeAt(root, path), path, code }, missing));
  }
  return { profile: profileOf({ name, file, parsed: checked.value, sections, radius }), problems };
}

interface Parts {
  readonly name: string;
  readonly file: string;
  readonly parsed: ProfileFile;
  readonly sections: Readonly<Record<string, unknown>>;
  readonly radius: RadiusClient | null;
}

function profileOf({ name, file, parsed, sections, radius }: Parts): Profile {
  const { limits, beside, shadow } = parsed;
  return {
    name,
    file,
    ...pluginOf(parsed),
    ...(beside && { beside: { ...pluginOf(beside), options: beside.options, hooks: beside.hooks } }),
    ...(shadow && {
      shadow: {
        ...pluginOf(shadow),
        options: shadow.options,
        hooks: shadow.hooks ?? null,
        before: shadow.before,
        deadlineMs: shadow.deadline,
      },
    }),
    match: parsed.match,
    transports: sections,
    radius,
    grants: parsed.grants,
    limits: {
      concurrency: limits.concurrency,
      ratePerSecond: limits.rate,
      deadlineMs: limits.deadline,
      attempts: limits.attempts,
      breakerFailures: limits.breaker.failures,
      breakerProbeMs: limits.breaker.probe,
      callsPerSecond: limits.call_rate,
      guest: {
        memoryMb: Math.floor(limits.memory / 1024 ** 2),
        cpuMs: limits.cpu,
        maxCalls: limits.calls,
        maxCallBytes: limits.call_size,
        maxLogLines: limits.log_lines,
      },
    },
    resync: {
      everyMs: parsed.resync.every ?? null,
      onReboot: parsed.resync.on_reboot,
      uptimeEveryMs: parsed.resync.uptime_every ?? null,
      ratePerSecond: parsed.resync.rate,
      mostRemoved: parsed.resync.most_removed,
      mostMissing: parsed.resync.most_missing,
      fullPush: parsed.resync.full_push,
      deadlineMs: parsed.resync.deadline,
    },
    sync: {
      everyMs: parsed.sessions.sync ?? null,
      graceMs: parsed.sessions.grace,
      mostClosed: parsed.sessions.most_closed,
      deadlineMs: parsed.sessions.deadline,
    },
    options: parsed.options,
    ...(parsed.sessions.ttl === undefined ? {} : { sessionTtlMs: parsed.sessions.ttl }),
    fireAuthOnStart: parsed.fire_auth_on_start,
    fireDisconnectOnStop: parsed.fire_disconnect_on_stop,
  };
}

function pluginOf(section: { readonly plugin: string }) {
  const [plugin = '', pin] = section.plugin.split('@');
  return { plugin, ...(pin === undefined ? {} : { pin }) };
}

function radiusOf({ radius, match }: ProfileFile): RadiusClient | null {
  if (radius === undefined) return null;
  const client = {
    addresses: radius.addresses ?? match.nas_ip,
    secret: radius.secret,
    certificates: radius.certificate ?? [],
    requireMessageAuthenticator: radius.require_message_authenticator,
    isProxy: radius.proxy,
  };
  return conceal(client, ['secret']);
}

/** `nas_id: 007` is the text 007. */
function withTextsInMatch(root: Located): unknown {
  const plain = toPlain(root);
  const match = nodeAt(root, ['match']);
  if (typeof plain !== 'object' || plain === null || !isMap(match)) return plain;
  return { ...plain, match: texts(match) };
}

function texts(node: Located): unknown {
  if (node.kind === 'scalar') return typeof node.value === 'number' ? node.raw : node.value;
  if (node.kind === 'list') return node.items.map(texts);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, texts(entry.value)]));
}

function secretPaths(transports: TransportDefinitions): (path: Path) => boolean {
  return ([section, ...rest]) => {
    if (section === 'radius') return rest[0] === 'secret';
    const [transport, ...keys] = rest;
    if (section !== 'transports' || transport === undefined || !Object.hasOwn(transports, transport)) return false;
    const key = keys.join('.');
    return (transports[transport]?.secrets ?? []).some((secret) => key === secret || key.startsWith(`${secret}.`));
  };
}
