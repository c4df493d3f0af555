// Makes every built-in of the isolate unchangeable, so that a plugin cannot leave anything behind for its next run.

const { freeze, getOwnPropertyDescriptor, defineProperty, getPrototypeOf, hasOwn, isFrozen } = Object;
const { ownKeys } = Reflect;

/** Shared memory, timers by `Atomics.wait`, and machine code have no use in a hook; text made into code hides from its author. */
const removed = ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'eval'];

export function freezeIntrinsics(): void {
  for (const name of removed) Reflect.deleteProperty(globalThis, name);
  Error.stackTraceLimit = 20;
  forbidCodeFromText();
  const roots = [...hiddenIntrinsics(), ...ownKeys(globalThis).map((key) => Reflect.get(globalThis, key))];
  for (const prototype of overridablePrototypes()) letInstancesOverride(prototype);
  const seen = new Set<unknown>([globalThis]);
  for (const root of roots) freezeFrom(root, seen);
  for (const key of ownKeys(globalThis)) {
    const descriptor = getOwnPropertyDescriptor(globalThis, key);
    if (descriptor?.configurable && 'value' in descriptor) {
      defineProperty(globalThis, key, { writable: false, configurable: false });
    }
  }
}

/** The same for what is made later. */
export function freezeMore(values: readonly unknown[]): void {
  const seen = new Set<unknown>();
  for (const value of values) freezeFrom(value, seen);
}

/**
 * Freezes what holds behaviour: namespaces, constructors, prototypes. Not each single method, which changes nothing for
 * anyone by getting a property, and whose freezing would cost more time and memory than all the rest of an isolate.
 */
function freezeFrom(root: unknown, seen: Set<unknown>): void {
  const waiting = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (!holdsBehaviour(value) || seen.has(value) || isFrozen(value)) continue;
    seen.add(value);
    freeze(value);
    waiting.push(getPrototypeOf(value));
    for (const key of ownKeys(value)) {
      const descriptor = getOwnPropertyDescriptor(value, key);
      if (holdsBehaviour(descriptor?.value)) waiting.push(descriptor.value);
    }
  }
}

function holdsBehaviour(value: unknown): value is object {
  return typeof value === 'object' ? value !== null : typeof value === 'function' && hasOwn(value, 'prototype');
}

/** Built-ins that no global property leads to. */
function hiddenIntrinsics(): unknown[] {
  const iterator = Reflect.get(globalThis, 'Iterator').from({ next: () => ({ done: true }) });
  return [
    async () => undefined,
    function* () {},
    async function* () {},
    [][Symbol.iterator](),
    ''[Symbol.iterator](),
    new Map()[Symbol.iterator](),
    new Set()[Symbol.iterator](),
    ''.matchAll(/./g),
    iterator,
    iterator.map(() => undefined),
    // What stands there is a global too.
    globalThis,
  ].map((value) => getPrototypeOf(value));
}

function forbidCodeFromText(): void {
  const kinds = [() => undefined, async () => undefined, function* () {}, async function* () {}];
  for (const prototype of kinds.map((kind) => getPrototypeOf(kind) as object)) {
    const refusing = (): never => {
      throw new TypeError('A plugin cannot make code from text.');
    };
    // `instanceof Function` goes on working.
    defineProperty(refusing, 'prototype', { value: prototype, writable: false });
    defineProperty(prototype, 'constructor', { value: refusing, writable: false });
    if (prototype === Function.prototype) defineProperty(globalThis, 'Function', { value: refusing });
  }
}

function overridablePrototypes(): object[] {
  const errors = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError];
  return [Object.prototype, Function.prototype, ...errors.map((error) => error.prototype as object)];
}

/** In a frozen prototype a plain property cannot be assigned on instances either, `this.name = ...` in an error class for one. */
function letInstancesOverride(prototype: object): void {
  for (const key of ownKeys(prototype)) {
    const descriptor = getOwnPropertyDescriptor(prototype, key);
    if (!descriptor?.configurable || !descriptor.writable) continue;
    const { value, enumerable } = descriptor;
    defineProperty(prototype, key, {
      get: () => value,
      set(this: object, replacement: unknown) {
        if (this === prototype) throw new TypeError('The built-in objects are frozen.');
        defineProperty(this, key, { value: replacement, writable: true, enumerable: true, configurable: true });
      },
      enumerable: enumerable ?? false,
      configurable: false,
    });
  }
}
