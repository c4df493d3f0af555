// What to say about a word that is not known: the one that was probably meant, else the few that there are.
import { nearest } from '../model/did-you-mean.ts';

export function hint(word: string, known: Iterable<string>): string {
  const words = [...known];
  const near = nearest(word, words);
  if (near !== undefined) return `; did you mean "${near}"?`;
  return words.length > 0 && words.length <= 16 ? `; known here: ${words.join(', ')}` : '';
}
