// What a profile can say to this plugin, with the defaults of plugin.json filled in, and the device that plugin.json asks for.
import type { DeviceOf } from '#plugin-sdk';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

export interface Options {
  readonly service: string;
}
