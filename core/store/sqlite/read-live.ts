// Reads all live sessions at a start: in this thread, since a million rows cost more on their way from another.
import { setImmediate as turn } from 'node:timers/promises';
import type { Session } from '../../model/session.ts';
import { sessionOfText } from '../../model/session-body.ts';
import { openDatabase } from './database.ts';

/** Rows between two looks at whatever else waits. */
const slice = 20_000;

export async function readLive(file: string): Promise<readonly Session[]> {
  const database = openDatabase(file, 'read');
  try {
    const sessions: Session[] = [];
    for (const row of database.prepare('SELECT body FROM live_sessions').iterate()) {
      sessions.push(sessionOfText(row['body'] as string));
      if (sessions.length % slice === 0) await turn();
    }
    return sessions;
  } finally {
    database.close();
  }
}
