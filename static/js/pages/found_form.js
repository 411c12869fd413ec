// The form of a found person: previews, the device's position, and sending with progress, so that chosen
// photos are kept when something has to be corrected. Without this script the form still works.

import { startPreviews } from "../handing_in/previews.js";
import { gather, refusalOf, showPage, upload, whileSending } from "../handing_in/uploading.js";

const FASTEST_MS = 3500; // a form that comes sooner is taken for a robot's
const form = document.querySelector("[data-found-form]");
const opened = performance.now();

if (form) start();

function start() {
  startPreviews(form);
  startPosition();
  if (!form.elements.photos) return; // changing an entry sends no photos
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileSending(form, async () => {
      const wait = Math.max(0, FASTEST_MS - (performance.now() - opened));
      await new Promise((resolve) => setTimeout(resolve, wait));
      const data = await gather(form, { time: true, place: true });
      const request = await upload(form, form.action, data);
      if (request.status >= 400) throw refusalOf(request);
      history.replaceState(null, "", request.responseURL);
      showPage(request);
      import("./refresh.js"); // the new page says how far the comparison is
    });
  });
}

function startPosition() {
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
