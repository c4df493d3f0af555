// The `coa` transport: CoA- and Disconnect-Requests to one box, RFC 5176.
import { z } from 'zod';
import { OssiaError, toOssiaError } from '../../errors.ts';
import type { RadiusAnswer, RadiusAttributes } from '../../plugin-sdk/device.ts';
import { signRequest } from '../radius/authenticator.ts';
import type { Dictionary } from '../radius/dictionary.ts';
import { codes, type DropReason, type RadiusAttribute } from '../radius/packet.ts';
import { encodeAll } from '../radius/values.ts';
import type { CallContext, Transport, TransportDefinition, TransportEnvironment } from '../transport.ts';
import { formatPacket, interpretAnswer, packetName } from './answer.ts';
import { createChannels } from './channels.ts';
import { type CoaConfig, coaConfig } from './config.ts';
import { openTlsChannel, wrongCertificate } from './tls-channel.ts';

const eventTimestampType = 55;
/** In place of the Request Authenticator, which is computed over the hidden values. */
const zeros = Buffer.alloc(16);

const value = z.union([z.string().max(1_024), z.number()]);
const attributes = z.record(z.string().max(128), z.union([value, z.array(value).max(64)]));
const args = z.tuple([attributes]);

const requests: Readonly<Record<string, { readonly code: number; readonly answers: readonly number[] }>> = {
  coa: { code: codes.coaRequest, answers: [codes.coaAck, codes.coaNak] },
  disconnect: { code: codes.disconnectRequest, answers: [codes.disconnectAck, codes.disconnectNak] },
};

export function createCoaDefinition(dictionary: Dictionary): TransportDefinition<CoaConfig> {
  return {
    name: 'coa',
    config: coaConfig,
    secrets: ['secret', 'tls.key'],
    unknownInDryRun:
      'RADIUS reads nothing: whether the box is there, has such a session and would answer ACK or NAK is not known.',
    methods: { coa: { access: 'write', args }, disconnect: { access: 'write', args } },
    connect: (config, environment) => connect({ config, environment, dictionary }),
  };
}

interface Setting {
  readonly config: CoaConfig;
  readonly environment: TransportEnvironment;
  readonly dictionary: Dictionary;
}

function connect({ config, environment, dictionary }: Setting): Transport {
  const { nas } = environment;
  const place = `${config.host}:${config.port}`;
  const secret = Buffer.from(config.secret, 'utf8');
  const hiding = { secret, authenticator: zeros };
  const options = {
    host: config.host,
    port: config.port,
    source: config.source,
    secret,
    requireMessageAuthenticator: config.require_message_authenticator,
    times: config.timeouts,
    retransmissions: config.retransmissions,
  };
  const { tls } = config;
  const channels = createChannels(
    options,
    tls && (() => openTlsChannel(options, { cert: tls.cert, key: tls.key, ca: tls.ca, name: tls.name })),
  );

  function compose(method: string, [named]: readonly unknown[]): { code: number; attributes: RadiusAttribute[] } {
    const request = requests[method];
    if (!request) throw new OssiaError('arguments_invalid', `the coa transport has no method ${method}`);
    return { code: request.code, attributes: encodeAll(dictionary, named as RadiusAttributes, hiding) };
  }

  function timestamped(given: RadiusAttribute[]): RadiusAttribute[] {
    if (!config.event_timestamp) return given;
    if (given.some(({ vendor, type }) => vendor === 0 && type === eventTimestampType)) return given;
    const seconds = Buffer.allocUnsafe(4);
    seconds.writeUInt32BE(Math.floor(Date.now() / 1_000));
    return [...given, { vendor: 0, type: eventTimestampType, value: seconds }];
  }

  async function exchange(method: string, given: readonly unknown[], context: CallContext): Promise<RadiusAnswer> {
    const { code, attributes } = compose(method, given);
    const ignored = createTally();
    const answer = await channels.send({
      answers: requests[method]?.answers ?? [],
      deadline: Math.min(context.deadline, Date.now() + config.timeouts.total),
      signal: context.signal,
      sign(identifier) {
        const all = timestamped(attributes);
        const packet = signRequest({
          code,
          identifier,
          attributes: all,
          secret,
          messageAuthenticator: config.message_authenticator,
        });
        context.record({ kind: 'sent', text: formatPacket(dictionary, { code, identifier, attributes: all }) });
        return packet;
      },
      retransmitted(times, identifier) {
        context.record({ kind: 'sent', text: `${packetName(code)} id=${identifier} again, retransmission ${times}` });
      },
      ignored(reason) {
        if (ignored.add(reason) === 1)
          context.record({ kind: 'log', text: `an answer in the name of ${place} was ignored (${reason})` });
      },
    });
    switch (answer.type) {
      case 'answered':
        context.record({ kind: 'received', text: formatPacket(dictionary, answer.packet) });
        return interpretAnswer(dictionary, answer.packet);
      case 'silent':
        throw new OssiaError('nas_timeout', `${nas}: no answer to ${packetName(code)} from ${place}${ignored.text()}`, {
          details: { ignoredAnswers: ignored.total() },
        });
      case 'unreachable':
        if (answer.error.code === wrongCertificate) {
          const message = `${nas}: ${place} is not the box that the profile pins: its certificate is not valid (${answer.error.message})`;
          throw new OssiaError('nas_identity', message);
        }
        throw new OssiaError('nas_unreachable', `${nas}: ${place} cannot be reached (${answer.error.code})`, {
          cause: answer.error,
        });
      case 'aborted':
        throw new OssiaError('aborted', `${nas}: called off while waiting for ${place}`);
    }
  }

  return {
    async call(method, given, context) {
      try {
        return await exchange(method, given, context);
      } catch (error) {
        throw toOssiaError(error);
      }
    },
    describe(method, given) {
      return formatPacket(dictionary, compose(method, given));
    },
    close: channels.close,
  };
}

/** Answers that did not count, by reason: in a timeout they tell a wrong secret from a dead box. */
function createTally() {
  const counts = new Map<DropReason, number>();
  const total = () => [...counts.values()].reduce((sum, count) => sum + count, 0);
  return {
    add(reason: DropReason): number {
      const count = (counts.get(reason) ?? 0) + 1;
      counts.set(reason, count);
      return count;
    },
    total,
    text(): string {
      if (counts.size === 0) return '';
      return `; ${total()} were ignored (${[...counts.keys()].join(', ')}): is the secret the same on both sides?`;
    },
  };
}
