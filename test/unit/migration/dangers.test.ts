// What is found dangerous in lines of old scripts, and what is not.
import { expect, test } from 'vitest';
import { type DangerKind, dangersOf } from '#core/migration/dangers.ts';

const kinds = (text: string): DangerKind[] => dangersOf([{ number: 1, text }]).map(({ kind }) => kind);

test.each<[string, DangerKind[]]>([
  ['while send_cmd -s "$nas_ip" "remove $ip"; do :; done', ['endless loop']],
  ['until ssh -o ConnectTimeout=5 "$nas_ip" true; do sleep 1; done', ['endless loop']],
  ['while true; do echo; done', ['endless loop']],
  ['while ! ping -c1 "$nas_ip"', ['endless loop']],
  ['while ! is_there "$nas_ip"; do sleep 1; done', ['endless loop']],
  ['while read -r line; do echo "$line"; done', []],
  ['while [ "$n" -lt 5 ]; do n=$((n + 1)); done', []],
  ['until timeout 5 is_there; do n=1; done', []],
  ['radclient -x 10.0.0.1:3799 coa testing123', ['secret in arguments']],
  ['sshpass -p testing123 true', ['secret in arguments']],
  ['curl -s --max-time 5 -u admin:testing123 "http://tv/"', ['secret in arguments']],
  ['snmpset -v2c -c private "$nas_ip" 1.3.6 i 1', ['secret in arguments']],
  ['for i in $(seq 3); do send_cmd "$nas_ip" && break; done', []],
  ['radclient -x "$nas_ip:$coa_port" coa "$radius_secret"', ['secret in arguments']],
  ['radclient -x "$nas_ip:$coa_port" coa -S /etc/secret', []],
  ['sshpass -p "$telnet_password" ssh -o ConnectTimeout=3 "$nas_ip" reboot', ['secret in arguments']],
  ['echo "User-Name=$login" | radclient "$nas_ip" coa -S /etc/secret', []],
  ['radclient $nas_ip:3799 coa -S /etc/secret', ['unquoted value']],
  ['ssh -o ConnectTimeout=5 "$nas_ip" "ip route del $ip"', ['value becomes code']],
  ['eval "$command"', ['value becomes code']],
  ['bash -c "tc class del $ip"', ['value becomes code']],
  ['curl -s "http://tv/$login"', ['no time limit']],
  ['curl -s --max-time 5 "http://tv/$login"', []],
  ['timeout 5 telnet "$nas_ip" 33', []],
  ['cat x > /tmp/$user_id.html', ['file for everybody']],
  ['chmod -R 777 /tmp/nas_event_daemon', ['file for everybody']],
  ['echo "radclient $nas_ip coa"; return 0', ['sends nothing']],
  ['log "пользователь $login удалён"', []],
])('%s', (text, expected) => {
  expect(kinds(text).filter((kind) => kind !== 'unquoted value' || expected.includes(kind))).toEqual(expected);
});

test('a value in quotes is no danger, one outside of them is', () => {
  expect(kinds('send_cmd "$nas_ip" remove "$ip"')).toEqual([]);
  expect(kinds(`send_cmd "$nas_ip" remove \${ip}_crb`)).toEqual(['unquoted value']);
  expect(kinds("send_cmd '$ip'")).toEqual([]);
});
