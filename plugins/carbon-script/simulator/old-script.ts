// The text of an old `session` script: functions by the hooks' names, variables from the environment, one `case` at the end.

/** Between the calls in the file of calls, and in each before its shape: characters that no value has. */
export const callEnd = '\u0004';
export const shapeBegin = '\u0003';

interface OldScript {
  /** Folder with a file for each account. */
  readonly users: string;
  /** File to which each call is added. */
  readonly calls: string;
  /** `bin` or `ubin`. */
  readonly from: string;
  readonly exit: number;
  readonly hangs: boolean;
}

const flags: Readonly<Record<string, string>> = {
  user_accept: 'accept=1',
  user_drop: 'accept=0',
  user_redirect: 'redirect=1',
  user_redirect_cancel: 'redirect=0',
  own_disabled: 'own_disabled=1',
  own_disabled_cancel: 'own_disabled=0',
  user_auth: 'logged=1',
  user_disconnect: 'logged=0',
  user_rate_set: 'rate=$rate_in/$rate_out',
  user_rate_set_cancel: 'rate=',
  usluga_activated: 'service_$usluga_id=1',
  usluga_deactivated: 'service_$usluga_id=0',
};

export function oldScript({ users, calls, from, exit, hangs }: OldScript): string {
  const functions = Object.entries(flags).map(([hook, line]) => `${hook}() { set_line "${line}"; }`);
  return `#!/bin/bash
# Of the kind that sites have: no error is looked at, and a dead router is waited for without an end.
# But for this: the accounts of a simulator stay in its folder, whatever they are called.
file="${users}/\${user_id//\\//%}"
set_line() {
  touch "$file"
  name="\${1%%=*}"
  { grep -v -F -- "$name=" "$file"; printf '%s\\n' "$1"; } | sort > "$file.new"
  mv "$file.new" "$file"
}
user_add() { set_line "login=$login"; set_line "ip=$ip"; }
user_del() { rm -f "$file"; }
user_edit() { :; }
${functions.join('\n')}
user_info() { echo "<pre>"; cat "$file" 2>/dev/null; echo "</pre>"; }
user_test() { echo "ping $ip: ok"; }
user_get_mac() { echo "\${mac:-unknown}"; }
{ printf '%s %s %s\\003%s %s\\n' "${from}" "$1" "$login" "$#" "$1"; compgen -e; printf '\\004'; } >> "${calls}"
${hangs ? 'while sleep 1; do :; done &\nwhile :; do :; done' : ''}
${exit === 0 ? '' : `echo "роутер занят" >&2; exit ${exit}`}
"$1"
exit 0
`;
}
