// Reads all live sessions at a start: in this thread, since a million rows cost more on their way from another.
import { setImmediate as turn } from 'node:timers/promises';
import type { Session } from '../../model/session.ts';
import { sessionsOfArray } from '../../model/session-body.ts';
import { openDatabase } from './database.ts';

/** Many bodies as one JSON text: a row costs more to hand over than to read, and one long text is parsed faster than many short ones. */
const pageSize = 2000;
const page = `SELECT max(key) AS last, CAST('[' || group_concat(body) || ']' AS BLOB) AS bodies
  FROM (SELECT key, body FROM live_sessions WHERE key > ? ORDER BY key LIMIT ${pageSize})`;

export async function readLive(file: string): Promise<readonly Session[]> {
  const database = openDatabase(file, 'read');
  try {
    const sessions: Session[] = [];
    const statement = database.prepare(page);
    for (let after = ''; ; ) {
      const { last, bodies } = statement.get(after) as { last: string | null; bodies: Uint8Array };
      if (last === null) return sessions;
      for (const session of sessionsOfArray(decoder.decode(bodies))) sessions.push(session);
      after = last;
      await turn();
    }
  } finally {
    database.close();
  }
}

const decoder = new TextDecoder();
