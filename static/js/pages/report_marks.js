// A report's marks: decisions are sent without leaving the page, and the next open mark gets the focus.

const ROOM = "report-work";

function room() {
  return document.getElementById(ROOM);
}

function showWhere(card) {
  for (const one of document.querySelectorAll(".found.here")) one.classList.remove("here");
  const words = document.querySelector(`[data-mark="${card.id.slice("mark-".length)}"]`);
  words?.classList.add("here");
  words?.scrollIntoView({ block: "nearest" });
}

function focusNext(id) {
  const cards = [...document.querySelectorAll(".mark-card[id]")];
  const at = cards.findIndex((card) => card.id === id);
  const open = (card) => card.classList.contains("proposed");
  (cards.slice(at).find(open) ?? cards.find(open) ?? cards[at])?.focus();
}

async function send(form, button) {
  const card = form.closest(".mark-card");
  const body = new FormData(form);
  body.set(button.name, button.value);
  const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(ROOM);
  if (!answer.ok || !fresh || page.querySelector(".flashes .error")) {
    // Whatever is wrong, the whole page says it.
    window.location.assign(answer.url);
    return;
  }
  const scrolled = document.querySelector(".mark-list").scrollTop;
  room().replaceWith(fresh);
  document.querySelector(".mark-list").scrollTop = scrolled;
  if (button.value === "undo") document.getElementById(card.id)?.focus();
  else focusNext(card.id);
}

document.addEventListener("submit", (event) => {
  if (!room()?.contains(event.target) || !event.submitter) return;
  event.preventDefault();
  send(event.target, event.submitter).catch(() => event.target.submit());
});

document.addEventListener("focusin", (event) => {
  const card = event.target.closest(".mark-card[id]");
  if (card) showWhere(card);
});

document.addEventListener("click", (event) => {
  const words = event.target.closest("[data-mark]");
  if (!words) return;
  event.preventDefault();
  document.getElementById(`mark-${words.dataset.mark}`)?.focus();
});

if (window.location.hash.startsWith("#mark-")) document.getElementById(window.location.hash.slice(1))?.focus();
else document.querySelector(".mark-card.proposed")?.focus({ preventScroll: true });
