// While a sweep runs or photos are compared, what is marked `data-refresh` is fetched anew every few seconds.
// Nothing is touched while someone is choosing or typing there. `data-refresh-from` names an address that
// answers with that part alone, for pages whose opening is put on record. When nothing is marked any more,
// there is nothing to ask for.

const EVERY_MS = 3000;

async function refresh() {
  const shown = document.querySelectorAll("[data-refresh], .progress-live");
  if (!shown.length) { clearInterval(timer); return; }
  if (document.hidden || [...shown].some((part) => part.contains(document.activeElement))) return;
  let text;
  try {
    const answer = await fetch(shown[0].dataset.refreshFrom ?? location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    text = await answer.text();
  } catch {
    return; // the next round tries again
  }
  const answered = new DOMParser().parseFromString(text, "text/html");
  const fresh = answered.querySelectorAll("[data-refresh], .progress-live");
  shown.forEach((part, index) => {
    const next = fresh[index] ?? (part.id && answered.getElementById(part.id));
    if (next) part.replaceWith(next);
  });
}

const timer = setInterval(refresh, EVERY_MS);
