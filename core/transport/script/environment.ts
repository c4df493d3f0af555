// What a child sees: a fixed clean environment, and names for values that mean nothing to shells, loaders and interpreters.
import { z } from 'zod';

export const cleanEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

/** Names that make a shell, the dynamic loader, libc, an interpreter or a network program do something else. */
const meaningful = new RegExp(
  `^(${[
    'PATH|LANG|LANGUAGE|LC_.*|HOME|TMPDIR|PWD|OLDPWD|SHLVL|_|TERM|TERMINFO.*|TZ.*',
    'ENV|IFS|CDPATH|PS[0-9]|SHELL|SHELLOPTS|GLOBIGNORE|PROMPT_COMMAND|POSIXLY_CORRECT|BASH.*|FPATH|ZDOTDIR',
    'LD_.*|DYLD_.*|GLIBC_.*|MALLOC_.*|GCONV_PATH|LOCPATH|NLSPATH|HOSTALIASES|LOCALDOMAIN|RES_OPTIONS|GETCONF_DIR|NIS_PATH',
    'NODE_.*|NPM_.*|PYTHON.*|PERL.*|RUBY.*|GEM_.*|LUA_.*|PHP.*|JAVA_.*|_JAVA_.*|JDK_.*|CLASSPATH|TCL.*|AWK.*|GAWK.*',
    'HTTP_PROXY|HTTPS_PROXY|FTP_PROXY|ALL_PROXY|NO_PROXY|CURL_.*|SSL_.*|OPENSSL_.*|SSH_.*|GIT_.*|LESS.*|PAGER|EDITOR|VISUAL|BROWSER',
  ].join('|')})$`,
);

// Proxies are read in small letters too; everything else that means something is in capitals.
const isMeaningful = (name: string) => meaningful.test(name) || /^[a-z]+_proxy$/.test(name);

export const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'an environment variable is named by Latin letters, digits and _')
  .refine(
    (name) => !isMeaningful(name),
    'this name means something to shells or other programs and cannot carry a value',
  );
