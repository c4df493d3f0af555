// What each hook is in the box's own words: the vocabulary of its sessions, and the older one of its lists.
import type { Command, Commands, Input, XgeOptions } from './options.ts';

const ipoe: Command = { command: 'session {ip} start IPOE', auth_types: ['1'] };

export const dialects: Readonly<Record<XgeOptions['dialect'], Commands>> = {
  session: {
    user_add: [ipoe, 'session {ip} nat {snatip:0.0.0.0}'],
    user_del: ['session {ip} stop user_del', 'session {ip} remove'],
    user_edit: [],
    user_accept: [ipoe, 'session {ip} redirect blocked cancel', 'session {ip} nat {snatip?}'],
    user_drop: ['session {ip} redirect blocked'],
    user_redirect: ['session {ip} redirect negbal'],
    user_redirect_cancel: ['session {ip} redirect negbal cancel'],
    user_auth: [],
    user_disconnect: ['session {ip} disconnect'],
    user_rate_set: ['session {ip} rate set in {rate_in} {ceil_in|rate_in} out {rate_out} {ceil_out|rate_out}'],
    user_rate_set_cancel: ['session {ip} rate remove'],
    user_info: ['session {ip} info'],
    user_test: ['session {ip} test human'],
    user_get_mac: ['session {ip} get_mac'],
  },
  lists: {
    user_add: ['ip accept_list add {ip}', 'ip snat add {ip} {snatip:0.0.0.0}'],
    user_del: [
      'session remove {ip}',
      'ip negbal_list del {ip}',
      'ip accept_list del {ip}',
      'ip snat del {ip}',
      'policy remove {ip}',
    ],
    user_edit: [],
    user_accept: ['ip accept_list add {ip}', 'ip snat add {ip} {snatip?}'],
    user_drop: ['ip accept_list del {ip}'],
    user_redirect: ['ip negbal_list add {ip}'],
    user_redirect_cancel: ['ip negbal_list del {ip}'],
    user_auth: [],
    user_disconnect: ['session disconnect {ip}'],
    user_rate_set: ['policy set {ip} in {rate_in} {ceil_in|rate_in} out {rate_out} {ceil_out|rate_out}'],
    user_rate_set_cancel: ['policy remove {ip}'],
    user_info: ['session info {ip}'],
    user_test: ['session test {ip}'],
    user_get_mac: ['mac show {ip}'],
  },
};

/** Undefined: this box is not told of the hook. */
export function commandsOf({ hook, options }: Pick<Input, 'hook' | 'options'>): readonly Command[] | undefined {
  return Object.hasOwn(options.commands, hook) ? options.commands[hook] : dialects[options.dialect][hook];
}
