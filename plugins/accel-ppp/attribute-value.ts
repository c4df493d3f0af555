// A value for an attribute that the profile names: accel-ppp's sites have theirs in dictionaries of their own, or by number.
export function attributeValue(attribute: string, value: string | number): string | number {
  if (!attribute.startsWith('Attr-')) return value;
  // Under a number no type is known, so it is written in bytes.
  if (typeof value === 'number') return `0x${value.toString(16).padStart(8, '0')}`;
  return `0x${[...value].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('')}`;
}
