// Replaces the profile's secrets wherever they appear in a text that somebody may read.

/** Longer ones first, so that one secret inside another does not leave its rest behind. */
export function createMask(secrets: readonly (string | undefined)[]): (text: string) => string {
  const words = secrets
    .flatMap((secret) => (secret ? [secret, ...bodyLines(secret)] : []))
    .sort((one, other) => other.length - one.length);
  return (text) => words.reduce((masked, word) => masked.replaceAll(word, '***'), text);
}

/** A key's lines may be shown one by one: by an echo, by a line-wise log. */
function bodyLines(secret: string): string[] {
  return secret
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length >= 20 && !line.startsWith('-----'));
}
