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

/** `waiting`: in force, and taken back by the box unless it is confirmed. */
type Stage = 'entering' | 'typing' | 'committing' | 'waiting' | 'committed';

interface Plan {
  readonly enter: readonly string[];
  readonly check: readonly string[];
  readonly commit: Steps;
  readonly confirm: Steps;
  readonly leave: readonly string[];
  readonly discard: Steps | undefined;
  /** Of a commit that waits for its confirmation. */
  readonly takeBack: Steps | undefined;
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
    takeBack: confirmed?.discard,
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
  let stage: Stage = 'entering';

  async function type(typed: readonly string[] | undefined): Promise<void> {
    for (const line of typed ?? []) {
      const text = await session.command({ line, answers: options.answers ?? {}, context });
      if (text !== '') said.push(text);
    }
  }

  async function confirm(lines: readonly string[] | undefined): Promise<void> {
    if (isConfirmed) {
      stage = 'waiting';
      // What proves that the change has not locked us out is a new login; with no session left for one, an answer must do.
      if (!(await run.pool.tryFresh(context))) await session.poke(context);
      await type(lines);
    }
    if (isConfirmed || plan.isCandidate) stage = 'committed';
  }

  try {
    await type(plan.enter);
    if (!session.modes().includes('config'))
      throw new OssiaError('nas_protocol', `${plan.enter.at(-1)} did not lead into configuration mode.`);
    stage = 'typing';
    for (const line of lines) {
      await type([line]);
      if (!session.modes().includes('config'))
        throw new OssiaError('nas_protocol', `"${line}" led out of configuration mode.`, { details: { line } });
      applied += 1;
    }
    await type(plan.check);
    if (plan.isCandidate) stage = 'committing';
    await type(plan.commit.inside);
    const isInside = (plan.commit.after ?? []).length === 0 && (plan.confirm.after ?? []).length === 0;
    if (isInside) await confirm(plan.confirm.inside);
    await leave(session, plan, context);
    await type(plan.commit.after);
    if (!isInside) await confirm(plan.confirm.after);
    return said.join('\n');
  } catch (cause) {
    throw await backOut(toOssiaError(cause));
  }

  async function backOut(error: OssiaError): Promise<OssiaError> {
    const stands = session.modes().length > 0;
    const isTyped = stage === 'typing' || stage === 'committing';
    const back = isTyped ? plan.discard : stage === 'waiting' ? plan.takeBack : undefined;
    const isTakenBack = stands && back !== undefined && (await undo({ session, plan, back, context }));
    // One prompt may stand for both modes: a session that could not leave is not given to the next.
    if (stands && !isTakenBack)
      await leave(session, plan, context).catch((cause: unknown) => session.close(toOssiaError(cause)));
    const { code, message, said: words, details } = error;
    const result = resultOf({ plan, isTakenBack, stage, applied, stands });
    return new OssiaError(code, `${message} ${result.text}`, {
      cause: error,
      details: { ...details, takenBack: isTakenBack, ...(result.applied === null ? {} : { applied: result.applied }) },
      ...(words === undefined ? {} : { said: words }),
    });
  }
}

interface Undoing {
  readonly session: Session;
  readonly plan: Plan;
  readonly back: Steps;
  readonly context: CallContext;
}

/** Whether the box has taken back what was typed. Never rejects. */
async function undo({ session, plan, back, context }: Undoing): Promise<boolean> {
  try {
    for (const line of back.inside ?? [])
      if (session.modes().includes('config')) await session.command({ line, answers: {}, context });
    await leave(session, plan, context);
    for (const line of back.after ?? []) await session.command({ line, answers: {}, context });
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

interface Ending {
  readonly plan: Plan;
  readonly isTakenBack: boolean;
  readonly stage: Stage;
  readonly applied: number;
  /** The box waits at a prompt: it has answered the last line, be it with a no. */
  readonly stands: boolean;
}

/** What a failure leaves behind, and how many lines are in force; null when nobody knows. */
function resultOf({ plan, isTakenBack, stage, applied, stands }: Ending): {
  readonly text: string;
  readonly applied: number | null;
} {
  if (isTakenBack) return { text: 'What was typed was taken back.', applied: 0 };
  if (stage === 'committed') return { text: 'The change is in force.', applied };
  if (stage === 'waiting') return { text: 'The commit was not confirmed: the box takes it back by itself.', applied };
  if (stage === 'committing') return { text: 'Whether it was committed is not known.', applied: null };
  // It was typed, and no answer came: it may be in force itself.
  if (stage === 'typing' && !stands && !plan.isCandidate && applied === 0)
    return { text: 'No other line is in force.', applied };
  if (stage === 'entering' || applied === 0) return { text: 'Nothing was changed.', applied: 0 };
  if (plan.isCandidate) return { text: 'It was not committed.', applied: 0 };
  return { text: `${applied} lines before it are in force: this platform takes nothing back.`, applied };
}
