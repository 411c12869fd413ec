// While a sweep runs or photos are compared, what is marked `data-refresh` is fetched anew every few seconds.
// Nothing is touched while someone is choosing or typing there.

const EVERY_MS = 3000;

async function refresh() {
  const shown = document.querySelectorAll("[data-refresh], .progress-live");
  if (document.hidden || [...shown].some((part) => part.contains(document.activeElement))) return;
  let text;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    text = await answer.text();
  } catch {
    return; // the next round tries again
  }
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelectorAll("[data-refresh], .progress-live");
  shown.forEach((part, index) => { if (fresh[index]) part.replaceWith(fresh[index]); });
}

setInterval(refresh, EVERY_MS);
