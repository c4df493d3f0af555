// Whose turn it is by the line that has not ended: the box waits at a prompt, at the end of a page, or for an answer, or is not done.
import type { Mode, Platform } from './platform.ts';
import type { Prompts } from './prompt.ts';
import type { Finding } from './screen.ts';

export interface Turn extends Finding {
  readonly sees: 'prompt' | 'page' | 'question';
  readonly modes?: readonly Mode[];
  /** What stands on the line before the prompt. */
  readonly rest?: string;
  /** To a question; null: nobody answers. */
  readonly say?: string | null;
}

interface Known {
  /** By pieces of questions; null: none is answered. */
  readonly answers: Readonly<Record<string, string>> | null;
  readonly platform: Platform;
  readonly prompts: Prompts;
  readonly settle: number;
}

/** A prompt behind a line that did not end is only believed after so many times the usual silence. */
const gluedPatience = 10;
const longestQuestion = 1_000;

export function turnAt(line: string, { answers, platform, prompts, settle }: Known): Turn | null {
  if (line === '') return null;
  const here = prompts.modesOf(line);
  if (here.length > 0) return { sees: 'prompt', modes: here };
  const tail = line.slice(-longestQuestion);
  const own = Object.entries(answers ?? {}).find(([asked]) => tail.toLowerCase().includes(asked.toLowerCase()));
  if (own !== undefined) return { sees: 'question', say: own[1] };
  if (platform.pager.mark.test(tail)) return { sees: 'page' };
  const question = platform.questions.find(({ when }) => when.test(tail));
  if (question !== undefined) return { sees: 'question', say: answers === null ? null : question.say };
  const glued = prompts.endOf(line);
  if (glued === null) return null;
  return { sees: 'prompt', modes: glued.modes, rest: line.slice(0, glued.at), settle: settle * gluedPatience };
}
