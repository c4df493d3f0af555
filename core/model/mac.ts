// The address of a station in one notation, whatever the box writes: `AA-BB-CC-00-00-01:ssid`, `aabb.cc00.0001`, ...

/** Twelve hex digits; empty when the text is no such address. */
export function macDigits(text: string): string {
  const found =
    /^(?:[0-9a-f]{12}|[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{4}[.-][0-9a-f]{4}[.-][0-9a-f]{4})(?![0-9a-z])/i.exec(
      text,
    );
  return found === null ? '' : found[0].replace(/[:.-]/g, '').toLowerCase();
}
