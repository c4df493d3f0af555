// The real catalogue, loaded once for a test file.
import { loadCatalogue } from '#core/map/catalogue.ts';

export const catalogue = await loadCatalogue(new URL('../../hooks', import.meta.url).pathname);
