// The public tip form: previews with what the photos' files say, device position with consent, a map,
// place names. Sending is in handing_in/sending.js. Without this script the form still works.

import { loadLeaflet } from "../handing_in/map_library.js";
import { readOrigin } from "../handing_in/photo_origin.js";
import { startPreviews } from "../handing_in/previews.js";
import { send } from "../handing_in/sending.js";
import { warnBeforeLoss } from "../handing_in/uploading.js";

const form = document.querySelector("[data-tip-form]");
const SUGGEST_DELAY_MS = 250;
const MAP_ZOOM = 15;
const WRONG_CLOCK_MS = 10 * 60_000;
let opened = null; // the map, once somebody has opened it
let named = ""; // the place name that the position came from

if (form) start();

function start() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    form.elements.timezone.value = zone;
    form.querySelector("[data-zone]").textContent = zone;
  }
  form.querySelector("[data-without-script]")?.remove();
  startPreviews(form, showOrigins);
  form.querySelector("[data-origin]").hidden = true;
  startTimes();
  startPosition();
  startMap();
  startNames();
  warnBeforeLoss(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

/** Say with each photo what its file tells, and ask whether it may be used. The first one counts. */
async function showOrigins(files, list) {
  const origins = await Promise.all(files.map(readOrigin));
  if (files.some((file, index) => form.elements.photos.files[index] !== file)) return; // chosen anew
  const times = origins.map(({ taken }) => (taken ? clockOf(taken) : ""));
  const places = origins.map(({ latitudeDeg, longitudeDeg }) => (latitudeDeg === null ? "" : `${latitudeDeg.toFixed(5)}, ${longitudeDeg.toFixed(5)}`));
  [...list.children].forEach((item, index) => {
    const said = document.createElement("span");
    const words = [times[index], places[index]].filter(Boolean);
    said.textContent = words.length ? `Stored in it: ${words.join("; ")}` : "No time and no place stored in it.";
    item.insertBefore(said, item.lastElementChild);
  });
  offer("time", times.find(Boolean) ?? "");
  offer("place", places.find(Boolean) ?? "");
  form.querySelector("[data-origin]").hidden = ![...times, ...places].some(Boolean);
  showOnMap(origins.find(({ latitudeDeg }) => latitudeDeg !== null));
}

function offer(kind, found) {
  const words = form.querySelector(`[data-origin-${kind}]`);
  words.textContent = found ? `: ${found}` : "";
  words.closest("label").hidden = Boolean(form.elements.photos.files.length) && !found;
}

/** A camera's clock as it stands in the file, with its offset where the file tells it. */
function clockOf({ wall, offset }) {
  const shown = new Date(`${wall}Z`).toLocaleString([], { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
  return offset ? `${shown} (UTC${offset})` : shown;
}

function showOnMap(origin) {
  const button = form.querySelector("[data-see-place]");
  if (!button) return;
  button.hidden = !origin;
  button.onclick = async () => {
    const map = await openMap();
    if (!map) return;
    const at = [origin.latitudeDeg, origin.longitudeDeg];
    window.L.circleMarker(at, { radius: 9, className: "uncertainty" }).bindTooltip("stored in the photo", { permanent: true }).addTo(map);
    map.setView(at, MAP_ZOOM);
  };
}

function startTimes() {
  const row = form.querySelector("[data-times]");
  const aheadMs = clockAheadMs();
  row.hidden = false;
  for (const button of row.querySelectorAll("[data-minutes]")) {
    button.addEventListener("click", () => {
      const at = new Date(Date.now() - aheadMs - Number(button.dataset.minutes) * 60_000);
      const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
      form.elements.seen_at.value = local.toISOString().slice(0, 16);
    });
  }
}

/** By how much this device's clock is wrong; 0 unless that is much. Then it is said, and made up for. */
function clockAheadMs() {
  const aheadMs = Date.now() - 1000 * Number(form.dataset.servedAt);
  if (Math.abs(aheadMs) < WRONG_CLOCK_MS) return 0;
  const words = form.querySelector("[data-clock-words]");
  const right = new Date(Date.now() - aheadMs).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  words.textContent = `The clock of your device seems to be wrong: it is ${right} now. The buttons above enter the right time.`;
  words.hidden = false;
  return aheadMs;
}

function setPosition(latitude, longitude, accuracyM, byDevice) {
  named = "";
  form.elements.latitude_deg.value = latitude.toFixed(6);
  form.elements.longitude_deg.value = longitude.toFixed(6);
  form.elements.accuracy_m.value = String(Math.round(accuracyM));
  form.elements.by_device.value = byDevice ? "1" : "";
  say(byDevice ? `Your position is noted, to within ${Math.round(accuracyM)} m.` : "The place on the map is noted. Tap elsewhere to move it.");
  form.dispatchEvent(new CustomEvent("positioned", { detail: { latitude, longitude } }));
}

function forgetPosition() {
  named = "";
  for (const field of ["latitude_deg", "longitude_deg", "accuracy_m", "by_device"]) form.elements[field].value = "";
  say("");
  form.dispatchEvent(new CustomEvent("positioned", { detail: null }));
}

function say(text) {
  const words = form.querySelector("[data-place-words]");
  words.textContent = text;
  words.hidden = !text;
  form.querySelector("[data-forget-place]").hidden = !form.elements.latitude_deg.value;
}

function startPosition() {
  const button = form.querySelector("[data-locate]");
  form.querySelector("[data-forget-place]").addEventListener("click", forgetPosition);
  if (!navigator.geolocation) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    say("Asking your device…");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => setPosition(coords.latitude, coords.longitude, coords.accuracy, true),
      () => say("Your device did not tell its position. Point it out on the map, or type the place."),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  });
}

function startMap() {
  const button = form.querySelector("[data-open-map]");
  const data = document.getElementById("tip-map-data");
  if (!button || !data) return;
  button.hidden = false;
  button.addEventListener("click", () => openMap());
}

/** The one map of the page; opened when somebody first wants to see it. Null where it cannot be fetched. */
function openMap() {
  const button = form.querySelector("[data-open-map]");
  button.disabled = true;
  opened ??= drawMap(JSON.parse(document.getElementById("tip-map-data").textContent), button).catch(() => {
    opened = null;
    say("The map cannot be loaded at the moment. Try again, or type the place.");
    return null;
  }).finally(() => (button.disabled = false));
  return opened;
}

async function drawMap(settings, button) {
  const L = await loadLeaflet(); // before the layers, which read it when they are fetched
  const { addGround } = await import("../leaflet/ground_layer.js");
  const box = document.getElementById("tip-map");
  box.hidden = false;
  button.hidden = true;
  const held = form.elements.latitude_deg.value
    ? [Number(form.elements.latitude_deg.value), Number(form.elements.longitude_deg.value)]
    : [settings.latitude_deg, settings.longitude_deg];
  const map = L.map(box, { attributionControl: false, zoomSnap: 0.5, minZoom: 3, maxZoom: 19 }).setView(held, MAP_ZOOM - 1);
  addGround(map, settings.tiles, held);
  const pin = L.circleMarker(held, { radius: 9, className: "uncertainty tip-pin" });
  if (form.elements.latitude_deg.value) pin.addTo(map);
  map.on("click", ({ latlng }) => setPosition(latlng.lat, latlng.lng, 50, false));
  form.addEventListener("positioned", ({ detail }) => {
    if (!detail) {
      pin.remove();
      return;
    }
    pin.setLatLng([detail.latitude, detail.longitude]).addTo(map);
    if (!map.getBounds().contains(pin.getLatLng())) map.setView(pin.getLatLng(), MAP_ZOOM);
  });
  box.scrollIntoView({ block: "nearest" });
  return map;
}

function startNames() {
  const input = form.elements.place;
  const list = document.getElementById("place-names");
  let timer = null;
  const known = new Map();
  input.addEventListener("input", () => {
    clearTimeout(timer);
    const chosen = known.get(input.value);
    if (named && named !== input.value) forgetPosition();
    if (chosen) {
      setPosition(chosen.latitude_deg, chosen.longitude_deg, 300, false);
      named = chosen.name;
      say(`${chosen.name}: the place is noted.`);
      return;
    }
    timer = setTimeout(async () => {
      if (input.value.trim().length < 2) return;
      try {
        const answer = await fetch(`/tip/places?q=${encodeURIComponent(input.value.trim())}`);
        if (!answer.ok) return;
        const places = await answer.json();
        known.clear();
        for (const place of places) known.set(place.name, place);
        list.replaceChildren(...places.map((place) => {
          const option = document.createElement("option");
          option.value = place.name;
          return option;
        }));
      } catch {
        // names are a help only; the typed text is sent as it is
      }
    }, SUGGEST_DELAY_MS);
  });
}
