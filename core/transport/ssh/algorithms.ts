// What to offer besides ssh2's defaults to gear that was last updated long ago.
import type { Algorithms } from 'ssh2';

/** Only on `legacy: true`: every one of these is broken or close to it. `ssh-rsa` is among ssh2's defaults already. */
export const legacyAlgorithms: Algorithms = {
  kex: {
    append: ['diffie-hellman-group14-sha1', 'diffie-hellman-group-exchange-sha1', 'diffie-hellman-group1-sha1'],
    prepend: [],
    remove: [],
  },
  serverHostKey: { append: ['ssh-dss'], prepend: [], remove: [] },
  cipher: { append: ['aes128-cbc', 'aes256-cbc', '3des-cbc'], prepend: [], remove: [] },
  hmac: { append: ['hmac-md5'], prepend: [], remove: [] },
};
