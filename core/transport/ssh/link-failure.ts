// What ssh2's errors mean, told from their level and code, never from their words.
import type { ClientErrorExtensions } from 'ssh2';
import { OssiaError } from '../../errors.ts';
import type { SshConfig } from './config.ts';

interface Failure {
  readonly config: SshConfig;
  readonly cause: Error & ClientErrorExtensions & { readonly code?: unknown };
  readonly isReady: boolean;
}

export function failureOf({ config, cause, isReady }: Failure): OssiaError {
  const box = `${config.host}:${config.port}`;
  if (isReady)
    return new OssiaError('nas_unreachable', `The connection to ${box} was lost: ${cause.message}.`, { cause });
  switch (cause.level) {
    case 'client-authentication':
      return new OssiaError('nas_auth', `${box} does not accept the credentials of ${config.user}.`, { cause });
    case 'handshake':
      return new OssiaError(
        'nas_protocol',
        `${box} and we share no way to speak SSH: ${cause.message}.${hint(config)}`,
        {
          cause,
        },
      );
    case 'protocol':
      return new OssiaError('nas_protocol', `${box} does not speak SSH as we do: ${cause.message}.`, { cause });
    default:
      return new OssiaError('nas_unreachable', `No connection to ${box}: ${cause.message}.`, { cause });
  }
}

function hint({ legacy }: SshConfig): string {
  return legacy ? '' : " Old gear needs 'legacy: true' in the profile's ssh section.";
}
