// Lanes that may run now, first come first served; an entry that no longer holds is skipped when its turn comes.

export interface ReadyList<Item> {
  push(item: Item): void;
  peek(): Item | undefined;
  /** Takes what `peek` gives. */
  shift(): void;
}

/** What is behind is dropped in large pieces, or when nothing is left. */
const pieces = 4096;

export function createReadyList<Item>(holds: (item: Item) => boolean): ReadyList<Item> {
  const items: Item[] = [];
  let next = 0;
  return {
    push: (item) => void items.push(item),
    peek() {
      for (let item = items[next]; item !== undefined && !holds(item); item = items[next]) next++;
      const found = items[next];
      if (found === undefined || next > pieces) {
        items.splice(0, next);
        next = 0;
      }
      return found;
    },
    shift: () => void next++,
  };
}
