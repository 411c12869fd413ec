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

/** The next mark to look at, after this one or from the top; else this one. */
function focusNext(card) {
  const cards = [...document.querySelectorAll(".mark-card[id]")];
  const open = (one) => one.classList.contains("proposed") && one.ariaBusy !== "true";
  (cards.slice(cards.indexOf(card)).find(open) ?? cards.find(open) ?? card).focus();
}

let last = Promise.resolve(); // decisions go out one after the other, as they were made

/** Take a decision: the next mark has the keys at once, whatever the network does. */
function decide(form, button) {
  const card = form.closest(".mark-card");
  if (card.ariaBusy === "true") return;
  const body = new FormData(form);
  body.set(button.name, button.value);
  setBusy(card, true);
  if (button.value === "undo") card.focus();
  else focusNext(card);
  last = last.then(() => send(form.action, body, card)).catch((error) => {
    setBusy(card, false);
    say(error instanceof Refused ? error.message : "The connection broke off: a decision was not recorded. Decide on it again.");
    card.focus();
  });
}

class Refused extends Error {}

async function send(address, body, card) {
  const answer = await fetch(address, { method: "POST", body, credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(card.id);
  const refusal = page.querySelector(".flashes .error")?.textContent.trim();
  if (!answer.ok || !fresh || refusal) throw new Refused(refusal || `A decision was not recorded (status ${answer.status}). Load the page again.`);
  say("");
  // Only what was decided is replaced: what is chosen at other marks, and sent later, stays.
  const hadFocus = card.contains(document.activeElement);
  card.replaceWith(fresh);
  if (hadFocus) fresh.focus();
  const words = `[data-mark="${card.id.slice("mark-".length)}"]`;
  const here = document.querySelector(words).classList.contains("here");
  document.querySelector(words).className = page.querySelector(words).className;
  document.querySelector(words).classList.toggle("here", here);
  room().querySelector("[role=status]").textContent = page.querySelector(`#${ROOM} [role=status]`).textContent;
}

function setBusy(card, busy) {
  card.ariaBusy = String(busy);
  for (const button of card.querySelectorAll("button")) button.disabled = busy;
}

function say(text) {
  const box = document.querySelector("[data-mark-problem]");
  box.textContent = text;
  box.hidden = !text;
}

document.addEventListener("submit", (event) => {
  if (!event.target.closest(".mark-card") || !event.submitter) return;
  event.preventDefault();
  decide(event.target, event.submitter);
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
