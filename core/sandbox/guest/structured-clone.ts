// structuredClone: a copy of data, as deep as it is, with what points to itself; functions and other things that do more are refused.

const errors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
const { getPrototypeOf, hasOwn } = Object;

export function structuredClone(value: unknown): unknown {
  return copyOf(value, new Map());
}

function copyOf(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value === 'symbol' || typeof value === 'function') throw notData(value);
  if (typeof value !== 'object' || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  const keep = <Copy>(copy: Copy): Copy => {
    seen.set(value, copy);
    return copy;
  };
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt)
    return keep(Object(value.valueOf()));
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) return keep(viewOf(value, seen));
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [key, each] of [...value]) copy.set(copyOf(key, seen), copyOf(each, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const each of [...value]) copy.add(copyOf(each, seen));
    return copy;
  }
  if (value instanceof Error) {
    const kind = errors.find(({ name }) => name === value.name) ?? Error;
    const copy = keep(new kind(value.message));
    if (typeof value.stack === 'string')
      Object.defineProperty(copy, 'stack', { value: value.stack, writable: true, configurable: true });
    if (hasOwn(value, 'cause')) copy.cause = copyOf(value.cause, seen);
    return copy;
  }
  const isPromise = value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet;
  if (isPromise || value instanceof WeakRef) throw notData(value);
  const copy = keep(Array.isArray(value) ? new Array(value.length) : {});
  for (const [key, each] of Object.entries(value))
    Object.defineProperty(copy, key, {
      value: copyOf(each, seen),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  return copy;
}

function viewOf(view: ArrayBufferView, seen: Map<object, unknown>): unknown {
  const buffer = copyOf(view.buffer, seen) as ArrayBuffer;
  if (view instanceof DataView) return new DataView(buffer, view.byteOffset, view.byteLength);
  const kind = getPrototypeOf(view).constructor as new (buffer: ArrayBuffer, at: number, length: number) => unknown;
  return new kind(buffer, view.byteOffset, (view as Uint8Array).length);
}

function notData(value: unknown): Error {
  const error = new Error(`${typeof value === 'symbol' ? 'A symbol' : `A ${typeof value}`} cannot be cloned.`);
  error.name = 'DataCloneError';
  return error;
}
