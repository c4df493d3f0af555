// A scripted command line as a program on a terminal, to stand behind sshd or telnetd: cli-program.ts KIND FILE [login].

import { type CliBox, startCliDialog } from '#core/simulator/cli-dialog.ts';
import { kinds } from '#test/support/scripted-cli.ts';

const [kind, file = '', asks] = process.argv.slice(2);
const make = kinds[kind as keyof typeof kinds];
const box = make(file);

/** What telnetd leaves to the program: the login, in the box's own words. */
function withLogin(inner: CliBox): CliBox {
  const password = (user: string, left: number): ReturnType<CliBox['answer']> => ({
    ask: {
      question: 'Password: ',
      hidden: true,
      take(given) {
        if (user === 'ossia' && given === 'telnet-secret') return { mode: inner.mode, text: inner.banner ?? '' };
        return left > 1
          ? { text: '% Login invalid\n', ...login(left - 1) }
          : { text: '% Bad passwords\n', ends: 'hangs up' };
      },
    },
  });
  const login = (left: number): ReturnType<CliBox['answer']> => ({
    ask: { question: 'Username: ', take: (user) => password(user, left) },
  });
  return { ...inner, banner: 'User Access Verification\n', first: login(3) };
}

process.stdin.setRawMode?.(true);
process.stdin.setEncoding('utf8');
const dialog = startCliDialog(asks === 'login' ? withLogin(box) : box, {
  write: (text) => process.stdout.write(text),
  hangUp: () => process.exit(0),
});
process.stdin.on('data', (text) => dialog.input(String(text)));
process.stdin.on('end', () => process.exit(0));
