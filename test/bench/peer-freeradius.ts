// FreeRADIUS as peers of the accounting bench: its stock PostgreSQL accounting, and its `detail` files; alone it measures both.
import { createReadStream, existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freeUdpPort } from '#test/support/free-udp-port.ts';
import { type Freeradius, type FreeradiusOptions, startFreeradius } from '#test/support/freeradius.ts';
import { startGuard } from './peer-guard.ts';
import { type AccountingPeer, peerSecret, runMain } from './peer-load.ts';
import { postgresPrograms, startPostgres } from './peer-postgres.ts';

const connections = 8;
const raddb = '/etc/freeradius/3.0';
const sql = join(raddb, 'mods-config/sql/main/postgresql');
const policies = join(raddb, 'policy.d/accounting');

/** Answered after the row is committed (fsync on): the packages' schema and queries, eight connections. */
export async function startFreeradiusPostgres(): Promise<AccountingPeer> {
  const programs = postgresPrograms() ?? '';
  const files = [policies, '/usr/lib/freeradius/rlm_sql_postgresql.so', join(sql, 'queries.conf'), programs];
  await requireFiles(files, 'freeradius freeradius-postgresql postgresql');
  const postgres = await startPostgres(programs);
  try {
    await postgres.runFile(join(sql, 'schema.sql'));
    const port = await freeUdpPort();
    const radius = await startGuarded({
      modules: `${expressions}  sql {
    dialect = "postgresql"
    driver = "rlm_sql_postgresql"
    server = "${postgres.host}"
    port = ${postgres.port}
    login = "${postgres.role}"
    password = "${postgres.password}"
    radius_db = "${postgres.database}"
    acct_table1 = "radacct"
    acct_table2 = "radacct"
    postauth_table = "radpostauth"
    authcheck_table = "radcheck"
    groupcheck_table = "radgroupcheck"
    authreply_table = "radreply"
    groupreply_table = "radgroupreply"
    usergroup_table = "radusergroup"
    client_table = "nas"
    group_attribute = "SQL-Group"
    read_clients = no
    read_groups = no
    pool {
      start = ${connections}
      min = ${connections}
      max = ${connections}
      spare = 0
      uses = 0
      lifetime = 0
      idle_timeout = 0
    }
    $INCLUDE ${sql}/queries.conf
  }
`,
      servers: serverText(port, 'sql'),
    });
    return {
      port,
      // A Start makes a row; each later packet of a session sets 30 s more than the one before.
      stored: async () => Number(await postgres.query('SELECT count(*) + sum(AcctSessionTime) / 30 FROM radacct')),
      async close() {
        await radius.close();
        await postgres.close();
      },
    };
  } catch (error) {
    await postgres.close();
    throw error;
  }
}

/** Answered after a text record is written to a file, without waiting for the disk. */
export async function startFreeradiusDetail(): Promise<AccountingPeer> {
  await requireFiles([policies, '/usr/sbin/freeradius'], 'freeradius');
  const port = await freeUdpPort();
  const radius = await startGuarded({
    modules: `${expressions}  detail {
    filename = \${logdir}/detail
    escape_filenames = no
    permissions = 0600
    header = "%t"
  }
`,
    servers: serverText(port, 'detail'),
  });
  return {
    port,
    stored: () => countRecords(join(radius.dir, 'log', 'detail')),
    close: radius.close,
  };
}

async function startGuarded(options: FreeradiusOptions): Promise<Freeradius> {
  const radius = await startFreeradius({ ...options, debug: false, secret: peerSecret });
  const guard = startGuard(radius.dir);
  guard.watch(radius.pid);
  return {
    ...radius,
    async close() {
      await radius.close();
      await guard.release();
    },
  };
}

// The xlat functions of the packages' policies and queries are in this module.
const expressions = `  $INCLUDE ${raddb}/mods-available/expr\n`;

function serverText(port: number, module: string): string {
  return `
policy {
  $INCLUDE ${policies}
}
server bench {
  listen {
    type = acct
    ipaddr = 127.0.0.1
    port = ${port}
    recv_buff = ${8 << 20}
  }
  preacct {
    acct_unique
  }
  accounting {
    ${module}
  }
}
`;
}

/** A retransmission may be written twice; it is one packet. */
async function countRecords(file: string): Promise<number> {
  if (!existsSync(file)) return 0;
  const seen = new Set<string>();
  let session = '';
  let seconds = '';
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [, name, value = ''] = /^\t(Acct-Session-Id|Acct-Session-Time) = (.*)$/.exec(line) ?? [];
    if (name === 'Acct-Session-Id') session = value;
    else if (name === 'Acct-Session-Time') seconds = value;
    else if (line === '') {
      seen.add(`${session} ${seconds}`);
      session = '';
      seconds = '';
    }
  }
  return seen.size;
}

async function requireFiles(files: readonly string[], packages: string): Promise<void> {
  const missing = await Promise.all(files.map((file) => access(file, constants.R_OK).then(no, yes)));
  if (missing.includes(true)) throw new Error(`this bench runs as root and needs: apt-get install ${packages}`);
}

function yes(): boolean {
  return true;
}

function no(): boolean {
  return false;
}

if (import.meta.main) await runMain({ postgres: startFreeradiusPostgres, detail: startFreeradiusDetail });
