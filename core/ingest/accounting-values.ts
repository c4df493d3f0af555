// The values of RADIUS attributes as texts and numbers, read in place; a value of a wrong size counts as absent.

/** UTF-8; bytes that are none are kept one to one as Latin-1, so that two different names never become one. */
export function text(from: Buffer, start: number, end: number): string {
  let stop = end;
  // Some boxes send the terminating zero of their C string along.
  while (stop > start && from[stop - 1] === 0) stop--;
  const decoded = from.toString('utf8', start, stop);
  return decoded.includes('\ufffd') ? from.toString('latin1', start, stop) : decoded;
}

export function integer(from: Buffer, start: number, end: number): number {
  return end - start === 4 ? from.readUInt32BE(start) : 0;
}

export function addressText(from: Buffer, start: number, end: number): string {
  return end - start === 4 ? `${from[start]}.${from[start + 1]}.${from[start + 2]}.${from[start + 3]}` : '';
}

export function address6Text(from: Buffer, start: number, end: number): string {
  if (end - start !== 16) return '';
  return ipv6Text(Array.from({ length: 8 }, (_, index) => from.readUInt16BE(start + index * 2)));
}

/** RFC 3162 section 2.3: a reserved byte, the length in bits, and as many bytes as the sender cared to send. */
export function prefixText(from: Buffer, start: number, end: number): string {
  const bits = from[start + 1];
  if (end - start < 2 || end - start > 18 || bits === undefined || bits > 128) return '';
  const groups: number[] = [];
  for (let index = start + 2; index < start + 18; index += 2) {
    const high = index < end ? (from[index] as number) : 0;
    const low = index + 1 < end ? (from[index + 1] as number) : 0;
    groups.push((high << 8) | low);
  }
  return `${ipv6Text(groups)}/${bits}`;
}

/** RFC 5952 section 4: the longest run of at least two zero groups, the first of equals, becomes `::`. */
function ipv6Text(groups: readonly number[]): string {
  let best = 0;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) {
      best = start;
      bestLength = length;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (bestLength === 1) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}
