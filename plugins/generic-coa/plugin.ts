// Any box that takes CoA or Disconnect: every hook runs the steps that the profile's options give it.
import { definePlugin } from '#plugin-sdk';
import { changeHooks } from './change-hooks.ts';
import type { GenericCoaOptions } from './options.ts';
import type manifest from './plugin.json';
import { runSteps } from './steps.ts';

export default definePlugin<typeof manifest, GenericCoaOptions>({
  hooks: Object.fromEntries(changeHooks.map((hook) => [hook, runSteps])),
});
