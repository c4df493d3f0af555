// Lets a bounded number of pieces of work run at once; the others wait in order.

export function createLimit(atOnce: number): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((begin) => waiting.push(begin));
    else running += 1;
    try {
      return await work();
    } finally {
      // The place goes to the next in line without ever being free.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
