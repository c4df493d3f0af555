// A change of the configuration: enter, type, check, commit, confirm, leave; and back out of it when the box refuses a line.
import { OssiaError, toOssiaError } from '../../errors.ts';
import type { CliConfigureOptions } from '../../plugin-sdk/cli.ts';
import type { CallContext } from '../transport.ts';
import type { CliConfig } from './config.ts';
import type { Configuration, Platform, Steps } from './platform.ts';
import type { Pool } from './pool.ts';
import type { Session } from './session.ts';

interface Change {
  readonly config: Pick<CliConfig, 'platform' | 'confirm_within'>;
  readonly lines: readonly string[];
  readonly options: CliConfigureOptions;
}

interface ConfigureRun extends Change {
  readonly session: Session;
  readonly pool: Pool;
  readonly context: CallContext;
}

/** What the platform has no way to do is refused before anything is sent. */
export function refuseUnknownWays({ name, configuration }: Platform, { commit, check }: CliConfigureOptions): void {
  const lacking =
    configuration === null
      ? 'configuration mode'
      : commit === 'confirmed' && configuration.confirmed === undefined
        ? 'confirmed commit'
        : check === true && configuration.check === undefined
          ? 'check before a commit'
          : '';
  if (lacking !== '') throw new OssiaError('arguments_invalid', `${name} has no ${lacking}.`);
}

interface Plan {
  readonly enter: readonly string[];
  readonly check: readonly string[];
  readonly commit: Steps;
  readonly confirm: Steps;
  readonly leave: readonly string[];
  readonly discard: Steps | undefined;
  /** The lines change nothing before the commit. */
  readonly isCandidate: boolean;
}

function planOf({ config: { platform, confirm_within }, options }: Change): Plan {
  const configuration = platform.configuration as Configuration;
  const confirmed = options.commit === 'confirmed' ? configuration.confirmed : undefined;
  const minutes = Math.ceil(confirm_within / 60_000);
  const timed = (lines: readonly string[] = []) =>
    lines.map((line) => line.replaceAll('{minutes}', `${minutes}`).replaceAll('{seconds}', `${minutes * 60}`));
  const steps = ({ inside, after }: Steps = {}): Steps => ({ inside: timed(inside), after: timed(after) });
  return {
    enter: timed(confirmed?.enter ?? configuration.enter),
    check: options.check === true && configuration.check !== undefined ? [configuration.check] : [],
    commit: steps(confirmed === undefined ? configuration.commit : confirmed.commit),
    confirm: steps(confirmed?.confirm),
    leave: configuration.leave,
    discard: confirmed?.discard ?? configuration.discard,
    isCandidate: configuration.commit !== undefined,
  };
}

/** All that would be typed, for a dry run. */
export function configureText(change: Change): string {
  const { enter, check, commit, confirm, leave } = planOf(change);
  const inside = [...enter, ...change.lines, ...check, ...(commit.inside ?? []), ...(confirm.inside ?? []), ...leave];
  return [...inside, ...(commit.after ?? []), ...(confirm.after ?? [])].join('\n');
}

export async function configure(run: ConfigureRun): Promise<string> {
  const { session, context, options, lines } = run;
  const plan = planOf(run);
  const said: string[] = [];
  const isConfirmed = options.commit === 'confirmed';
  let applied = 0;
  let isCommitted = false;

  async function type(typed: readonly string[] | undefined): Promise<void> {
    for (const line of typed ?? []) {
      const text = await session.command({ line, answers: options.answers ?? {}, context });
      if (text !== '') said.push(text);
    }
  }

  async function confirmReached(): Promise<void> {
    isCommitted = isConfirmed;
    // What proves that the change has not locked us out is a new login; with no session left for one, an answer must do.
    if (isConfirmed && !(await run.pool.tryFresh(context))) await session.poke(context);
  }

  try {
    await type(plan.enter);
    if (!session.modes().includes('config'))
      throw new OssiaError('nas_protocol', `${plan.enter.at(-1)} did not lead into configuration mode.`);
    for (const line of lines) {
      await type([line]);
      if (!session.modes().includes('config'))
        throw new OssiaError('nas_protocol', `"${line}" led out of configuration mode.`, { details: { line } });
      applied += 1;
    }
    await type(plan.check);
    await type(plan.commit.inside);
    if ((plan.confirm.inside ?? []).length > 0) {
      await confirmReached();
      await type(plan.confirm.inside);
      await leave(session, plan, context);
    } else {
      await leave(session, plan, context);
      await type(plan.commit.after);
      await confirmReached();
      await type(plan.confirm.after);
    }
    return said.join('\n');
  } catch (cause) {
    throw await backOut(toOssiaError(cause));
  }

  async function backOut(error: OssiaError): Promise<OssiaError> {
    const stands = session.modes().length > 0;
    const isTakenBack = stands && plan.discard !== undefined && (await discard(session, plan, context));
    if (stands && !isTakenBack) await leave(session, plan, context).catch(() => undefined);
    const { code, message, said: words, details } = error;
    return new OssiaError(code, `${message} ${consequence({ plan, isTakenBack, isCommitted, applied })}`, {
      cause: error,
      details: { ...details, takenBack: isTakenBack, applied: isTakenBack || plan.isCandidate ? 0 : applied },
      ...(words === undefined ? {} : { said: words }),
    });
  }
}

/** Whether the box has taken back what was typed. Never rejects. */
async function discard(session: Session, plan: Plan, context: CallContext): Promise<boolean> {
  try {
    for (const line of plan.discard?.inside ?? [])
      if (session.modes().includes('config')) await session.command({ line, answers: {}, context });
    await leave(session, plan, context);
    for (const line of plan.discard?.after ?? []) await session.command({ line, answers: {}, context });
    return true;
  } catch {
    return false;
  }
}

/** Some commits and aborts leave by themselves. */
async function leave(session: Session, { leave: lines }: Plan, context: CallContext): Promise<void> {
  for (const line of lines)
    if (session.modes().includes('config')) await session.command({ line, answers: {}, context });
}

interface Consequence {
  readonly plan: Plan;
  readonly isTakenBack: boolean;
  readonly isCommitted: boolean;
  readonly applied: number;
}

function consequence({ plan, isTakenBack, isCommitted, applied }: Consequence): string {
  if (isTakenBack) return 'What was typed was taken back.';
  if (isCommitted) return 'The commit was not confirmed: the box takes it back by itself.';
  if (plan.isCandidate) return 'It was not taken back for certain.';
  return applied === 0
    ? 'Nothing was changed.'
    : `${applied} lines before it are in force: this platform takes nothing back.`;
}
