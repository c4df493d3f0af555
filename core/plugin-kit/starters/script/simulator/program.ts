// The text of the simulated program: hooks by their names, values from the environment, exit codes as the billing's scripts have them.
import { createHash } from 'node:crypto';

/** Between the calls in the file of calls, and in each before its shape: characters that no value has. */
export const callEnd = '\u0004';
export const shapeBegin = '\u0003';

/** A folder's name for any text. */
export function nameOf(userId: string): string {
  return createHash('sha256').update(userId).digest('hex');
}

export function programText({ subscribers, calls }: { readonly subscribers: string; readonly calls: string }): string {
  return `#!/bin/sh
name=$(printf '%s' "$user_id" | sha256sum | cut -c 1-64)
own="${subscribers}/$name"
printf '%s user_id=%s ip=%s\\003%s %s\\004' "$1" "$user_id" "$ip" "$#" "$1" >> "${calls}"
keep() { printf '%s' "$2" > "$own/$1"; }
if [ "$1" = user_add ]; then
  mkdir -p "$own"
  keep user_id "$user_id"; keep ip "$ip"; keep service "$service"
  [ -e "$own/blocked" ] || keep blocked no
  exit 0
fi
if [ ! -d "$own" ]; then echo 'no such subscriber' >&2; exit 3; fi
case "$1" in
  user_del) rm -r "$own" ;;
  user_drop) keep blocked yes ;;
  user_accept) keep blocked no ;;
  user_info) echo "ip $(cat "$own/ip") blocked $(cat "$own/blocked")" ;;
  *) echo 'no such hook' >&2; exit 1 ;;
esac
`;
}
