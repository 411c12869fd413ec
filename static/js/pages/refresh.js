// While a sweep runs, photos are compared or an import is worked on, what is marked `data-refresh` is fetched anew
// every few seconds, until a page comes in which nothing is `data-running`. Nothing is touched while someone is
// choosing or typing there. `data-refresh-from` names an address that answers with that part alone, for pages whose
// opening is put on record.

import { whenReleased } from "../leaflet/entries.js";
import { fetchPage, isFilledIn, layOver } from "./laid_over.js";

const EVERY_MS = 2000;
const PARTS = "[data-refresh]";

const parts = () => [...document.querySelectorAll(PARTS)];
const waits = () => document.hidden || parts().some(isFilledIn);

async function refresh() {
  const page = waits() ? null : await fetchPage(parts()[0]?.dataset.refreshFrom);
  const fresh = page?.querySelectorAll(PARTS) ?? [];
  parts().forEach((part, index) => {
    // Somebody may have begun to type while the answer was on its way.
    if (fresh[index]) whenReleased(part, () => { if (!isFilledIn(part)) layOver(part, fresh[index]); });
  });
  if (document.querySelector("[data-running]")) setTimeout(refresh, EVERY_MS);
}

setTimeout(refresh, EVERY_MS);
