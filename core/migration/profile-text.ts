// The profile that a NAS begins with when its old script is replaced: YAML with references where secrets go, and what is left to fill in.
import { OssiaError } from '../errors.ts';

export interface NewProfile {
  readonly plugin: string;
  readonly script: string;
  readonly nasIp: string;
  /** What would take the script's place. */
  readonly suggested?: string;
}

const coaLines = (host: string): string[] => [`  coa: { host: ${host}, secret: "\${env:RADIUS_SECRET}" }`];

/** Lines of `extends` or `plugin`, and of `transports`, by plugin. */
const templates: Readonly<
  Record<
    string,
    (given: NewProfile) => {
      readonly head: string;
      readonly transports: readonly string[];
      readonly more?: readonly string[];
    }
  >
> = {
  mikrotik: ({ nasIp }) => ({
    head: 'extends: mikrotik-routeros-7',
    transports: [
      "  # fingerprint: what `openssl x509 -fingerprint -sha256` says of the router's certificate; or ca:",
      `  routeros: { host: ${nasIp}, user: ossia, password: "\${env:ROUTER_PASSWORD}" }`,
      ...coaLines(nasIp),
    ],
    more: [
      "# The old scheme's names: lists crb_auth, crb_blocked, crb_negbal and queues crb_<ip> are the defaults.",
      'options: {}',
    ],
  }),
  linux: ({ nasIp }) => ({
    head: 'extends: linux-router',
    transports: [
      `  ssh: { host: ${nasIp}, user: ossia, private_key: "\${file:/run/secrets/router-key}", host_key: "..." }`,
    ],
    more: ['# customers, uplinks, portals and pools of the router: plugins/linux/README.md', 'options: {}'],
  }),
  'accel-ppp': ({ nasIp }) => ({
    head: 'extends: accel-ppp',
    transports: [
      ...coaLines(nasIp),
      `  ssh: { host: ${nasIp}, user: ossia, private_key: "\${file:/run/secrets/router-key}", host_key: "..." }`,
    ],
    more: ['# The attributes of its shaper and redirect: plugins/accel-ppp/README.md', 'options: {}'],
  }),
  'cisco-isg': ({ nasIp }) => ({
    head: 'extends: cisco-isg',
    transports: coaLines(nasIp),
    more: ['# The names of the services on the box: plugins/cisco-isg/README.md', 'options: {}'],
  }),
  'juniper-mx': ({ nasIp }) => ({
    head: 'extends: juniper-mx',
    transports: coaLines(nasIp),
    more: ['# The services of the box and their parameters: plugins/juniper-mx/README.md', 'options: {}'],
  }),
  'huawei-me60': ({ nasIp }) => ({
    head: 'extends: huawei-me60',
    transports: coaLines(nasIp),
    more: [
      '# How speeds and reasons are told, and which QoS profiles there are: plugins/huawei-me60/README.md',
      'options: {}',
    ],
  }),
  'nokia-sros': ({ nasIp }) => ({
    head: 'extends: nokia-sros',
    transports: [
      ...coaLines(nasIp),
      '  # The box acknowledges what it ignores: here it is asked what it has.',
      `  cli: { host: ${nasIp}, user: ossia, password: "\${env:ROUTER_PASSWORD}", host_key: "..." }`,
    ],
    more: ['# The profiles of each state, and how sessions are named: plugins/nokia-sros/README.md', 'options: {}'],
  }),
  'ericsson-se': ({ nasIp }) => ({
    head: 'extends: ericsson-se',
    transports: coaLines(nasIp),
    more: ['# Pages, speeds and services of the box: plugins/ericsson-se/README.md', 'options: {}'],
  }),
  xge: ({ nasIp }) => ({
    head: 'extends: xge',
    transports: [
      ...coaLines(nasIp),
      `  ssh: { host: ${nasIp}, private_key: "\${file:/run/secrets/router-key}", host_key: "..." }`,
    ],
    more: ['# The dialect of its commands: plugins/xge/README.md', 'options: {}'],
  }),
  'iptv-http': () => ({
    head: 'extends: iptv-http',
    transports: [`  http: { base_url: "https://...", token: "\${env:TV_TOKEN}" }`],
    more: [
      '# Requests of the middleware, and the packages of its services: plugins/iptv-http/README.md',
      'options: {}',
    ],
  }),
  'generic-coa': ({ nasIp }) => ({
    head: 'extends: generic-coa',
    transports: coaLines(nasIp),
    more: ['# What each hook sends, in the words of this box: plugins/generic-coa/README.md has some.', 'options: {}'],
  }),
  'carbon-script': ({ script, suggested = 'carbon-script' }) => ({
    head: 'plugin: carbon-script',
    transports: [
      '  script:',
      `    programs: { bin: ${JSON.stringify(script)} }`,
      '    # What the billing gave the script about the box, beside the variables of the account.',
      `    env: { telnet_login: admin, telnet_password: "\${env:TELNET_PASSWORD}", coa_port: "3799", radius_secret: "\${env:RADIUS_SECRET}" }`,
    ],
    ...(suggested !== 'carbon-script' && {
      more: [
        `# With what plugins/${suggested}/README.md has under transports, this shows where ${suggested} would do something else (ossia shadow):`,
        `# shadow: { plugin: ${suggested}, options: {} }`,
        '# and this gives it some of the hooks, the others stay with the script:',
        `# beside: { plugin: ${suggested}, options: {}, hooks: [user_rate_set] }`,
      ],
    }),
  }),
};

export const profilesFor: ReadonlySet<string> = new Set(Object.keys(templates));

export function profileText(given: NewProfile): string {
  const template = Object.hasOwn(templates, given.plugin) ? templates[given.plugin] : undefined;
  if (template === undefined)
    throw new OssiaError(
      'not_found',
      `There is no profile to begin with for the plugin ${given.plugin}; there are ${[...profilesFor].join(', ')}.`,
    );
  const { head, transports, more = [] } = template(given);
  return [
    `# Made from ${given.script.replace(/[^\x20-\x7e]/g, '?')}; look at it before it goes into nas-profiles/.`,
    head,
    `match: { nas_ip: ${given.nasIp} }`,
    'transports:',
    ...transports,
    `radius: { secret: "\${env:RADIUS_SECRET}" }`,
    'limits: { concurrency: 2, deadline: 30s }',
    ...more,
    '',
  ].join('\n');
}
