// The version of the plugin API that this daemon offers; `api` in `plugin.json` is a range that must accept it.

/** Grows when a plugin that was written for the version before would not run any more. */
export const apiVersion = 1;
