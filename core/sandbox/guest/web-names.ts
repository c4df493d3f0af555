// The globals that are made when a plugin first uses one of them; see web-globals.ts.
export const webNames = [
  'TextDecoder',
  'TextEncoder',
  'URL',
  'URLSearchParams',
  'atob',
  'btoa',
  'crypto',
  'structuredClone',
] as const;
