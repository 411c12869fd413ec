// While an import waits or runs its page is fetched anew every second or two. What has the focus is
// left alone.

const EVERY_MS = 1500;

async function refresh() {
  const shown = document.getElementById("import-state");
  if (!shown.hasAttribute("data-running")) return;
  setTimeout(refresh, EVERY_MS);
  if (document.hidden || shown.contains(document.activeElement)) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("import-state");
    if (fresh) shown.replaceWith(fresh);
  } catch {
    // the next round tries again
  }
}

setTimeout(refresh, EVERY_MS);
