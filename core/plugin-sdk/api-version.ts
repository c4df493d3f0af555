// The version of the plugin API that this daemon offers; `api` in `plugin.json` is a range that must accept it.

export const apiVersion = 1;
