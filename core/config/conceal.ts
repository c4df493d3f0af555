// Keeps secrets out of what somebody prints by accident: JSON.stringify and console.log show stars in their place.
import { inspect } from 'node:util';

export function conceal<Value>(value: Value, keys: readonly string[]): Value {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const masked = () =>
    Object.fromEntries(Object.entries(value).map(([key, item]) => [key, keys.includes(key) ? '***' : item]));
  const copy = { ...value };
  Object.defineProperty(copy, 'toJSON', { value: masked });
  Object.defineProperty(copy, inspect.custom, { value: masked });
  return copy;
}
