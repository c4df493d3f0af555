// Keeps what one run said and heard, secrets masked, within bounds: the journal outlives the run and must not be flooded by it.
import type { Mask } from '../model/mask.ts';
import type { Exchange } from '../model/outcome.ts';

export interface ExchangeRecorder {
  add(exchange: Omit<Exchange, 'at'>): void;
  readonly exchanges: readonly Exchange[];
}

const mostEntries = 2000;
const mostCharacters = 512 * 1024;
const longestText = 16 * 1024;

export function createExchangeRecorder({ mask, now }: { readonly mask: Mask; now(): number }): ExchangeRecorder {
  const exchanges: Exchange[] = [];
  let characters = 0;
  let full = false;
  return {
    exchanges,
    add({ kind, via, text }) {
      if (full) return;
      // Masked whole and then cut: half a secret at the cut would not be recognised.
      const whole = mask(text);
      const left = Math.min(longestText, mostCharacters - characters);
      const kept = whole.length > left ? `${whole.slice(0, left)}... (${whole.length - left} characters more)` : whole;
      characters += kept.length;
      exchanges.push({ at: now(), kind, via, text: kept });
      full = characters >= mostCharacters || exchanges.length >= mostEntries;
      if (full)
        exchanges.push({
          at: now(),
          kind: 'log',
          via: 'ossia',
          text: 'the journal of this run is full; what follows is not kept',
        });
    },
  };
}
