// The forms of a found person: previews, the device's position, and sending with progress, so that what was
// chosen and typed is kept when something has to be corrected or the session has ended meanwhile. Without
// this script the forms still work.

import { startPreviews } from "../handing_in/previews.js";
import { BROKEN, gather, Refusal, refusalOf, showPage, upload, warnBeforeLoss, whileSending } from "../handing_in/uploading.js";

const FASTEST_MS = 3500; // a form that comes sooner is taken for a robot's
const LOGGED_OUT = "You are no longer logged in. Log in again in another tab, then come back and send: what you entered is still here.";
const opened = performance.now();

const first = document.querySelector("[data-found-form]");
if (first) start(first);

function start(form) {
  startPreviews(form);
  startPosition(form);
  warnBeforeLoss(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileSending(form, () => send(form));
  });
}

async function send(form) {
  const wait = Math.max(0, FASTEST_MS - (performance.now() - opened));
  await new Promise((resolve) => setTimeout(resolve, wait));
  await renewToken(form);
  const data = await gather(form, { time: true, place: true });
  const request = await upload(form, form.action, data);
  if (request.status >= 400) throw refusalOf(request);
  history.replaceState(null, "", request.responseURL);
  showPage(request);
  import("./refresh.js"); // the new page says how far the comparison is
  const next = document.querySelector("[data-found-form]");
  if (next) start(next);
}

/** Whoever takes an hour over a form, or logs in anew in another tab, is not sent away from it. */
async function renewToken(form) {
  const answer = await fetch(location.href).catch(() => { throw new Refusal(BROKEN); });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-found-form] [name=csrf_token]");
  if (!fresh) throw new Refusal(LOGGED_OUT);
  form.elements.csrf_token.value = fresh.value;
}

function startPosition(form) {
  const button = form.querySelector("[data-locate]");
  if (!button || !navigator.geolocation) return;
  const words = form.querySelector("[data-place-words]");
  button.hidden = false;
  button.addEventListener("click", () => {
    words.hidden = false;
    words.textContent = "Asking your device…";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.position.value = `${coords.latitude.toFixed(6)}, ${coords.longitude.toFixed(6)}`;
        words.textContent = `Where you are now is entered, to within ${Math.round(coords.accuracy)} m.`;
      },
      () => { words.textContent = "Your device did not tell its position. Name the place."; },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  });
}
