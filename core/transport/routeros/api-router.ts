// A router by its API: commands as sentences, over one connection that many calls share.
import type { ClientConfig } from './client.ts';
import { createClient } from './client.ts';
import { propertyWords } from './reply.ts';
import { type Print, queriesOf, type Router } from './router.ts';

export function createApiRouter(config: ClientConfig, onConnection: (message: string) => void): Router {
  const client = createClient(config, onConnection);
  return {
    async print(asked, call) {
      return (await client.request(wordsOf(asked), call)).rows;
    },
    async run(path, properties, call) {
      const { rows, done } = await client.request([path, ...propertyWords(properties)], call);
      return Object.keys(done).length > 0 ? [...rows, done] : rows;
    },
    pages: (asked, call) => client.pages(wordsOf(asked), call),
    close: () => client.close(),
  };
}

function wordsOf(asked: Print): string[] {
  return [
    `${asked.menu}/print`,
    ...(asked.proplist.length > 0 ? [`=.proplist=${asked.proplist.join(',')}`] : []),
    ...queriesOf(asked).map((query) => `?${query}`),
  ];
}
