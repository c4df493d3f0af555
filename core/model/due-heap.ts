// What waits for a time, the earliest first, behind one timer.

export interface DueHeap<Item> {
  push(at: number, item: Item): void;
  close(): void;
}

export function createDueHeap<Item>({
  clock,
  onDue,
}: {
  clock: () => number;
  onDue: (item: Item) => void;
}): DueHeap<Item> {
  const heap: { readonly at: number; readonly item: Item }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let armedFor = Number.POSITIVE_INFINITY;

  const at = (index: number): number => heap[index]?.at ?? Number.POSITIVE_INFINITY;
  const swap = (a: number, b: number): void => {
    const [left, right] = [heap[a], heap[b]];
    if (left === undefined || right === undefined) return;
    heap[a] = right;
    heap[b] = left;
  };
  const pop = (): Item | undefined => {
    const top = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) {
      heap[0] = last;
      let index = 0;
      for (;;) {
        const child = at(2 * index + 1) <= at(2 * index + 2) ? 2 * index + 1 : 2 * index + 2;
        if (at(child) >= at(index)) break;
        swap(index, child);
        index = child;
      }
    }
    return top?.item;
  };
  const arm = (): void => {
    if (at(0) >= armedFor) return;
    clearTimeout(timer);
    armedFor = at(0);
    // A timer cannot be longer than 2^31 ms; what is later is looked at again then.
    timer = setTimeout(fire, Math.min(Math.max(0, armedFor - clock()), 2 ** 31 - 1));
  };
  const fire = (): void => {
    armedFor = Number.POSITIVE_INFINITY;
    while (heap.length > 0 && at(0) <= clock()) {
      const item = pop();
      if (item !== undefined) onDue(item);
    }
    if (heap.length > 0) arm();
  };

  return {
    push(time, item) {
      heap.push({ at: time, item });
      let index = heap.length - 1;
      while (index > 0 && at((index - 1) >> 1) > at(index)) {
        swap(index, (index - 1) >> 1);
        index = (index - 1) >> 1;
      }
      arm();
    },
    close() {
      clearTimeout(timer);
      heap.length = 0;
    },
  };
}
