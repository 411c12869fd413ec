// The public tip form: previews, device position with consent, a map, place names, and sending with
// progress, so that chosen photos are kept when something has to be corrected.
// Without this script the form still works.

const form = document.querySelector("[data-tip-form]");
const MOST_PREVIEWS = 5;
const SUGGEST_DELAY_MS = 250;
const MAP_ZOOM = 15;

if (form) start();

function start() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    form.elements.timezone.value = zone;
    form.querySelector("[data-zone]").textContent = zone;
  }
  const photos = form.elements.photos;
  photos.addEventListener("change", () => showPreviews(photos));
  startTimes();
  startPosition();
  startMap();
  startNames();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
}

function showPreviews(input) {
  const list = form.querySelector("[data-previews]");
  for (const image of list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
  list.replaceChildren(...[...input.files].slice(0, MOST_PREVIEWS).map((file) => preview(file, input)));
  list.hidden = !input.files.length;
}

function preview(file, input) {
  const item = document.createElement("li");
  const image = document.createElement("img");
  image.src = URL.createObjectURL(file);
  image.alt = file.name;
  image.addEventListener("error", () => image.replaceWith(file.name));
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "button small";
  remove.textContent = "Remove";
  remove.addEventListener("click", () => {
    const rest = new DataTransfer();
    for (const other of input.files) if (other !== file) rest.items.add(other);
    input.files = rest.files;
    showPreviews(input);
  });
  item.append(image, remove);
  return item;
}

function startTimes() {
  const row = form.querySelector("[data-times]");
  row.hidden = false;
  for (const button of row.querySelectorAll("[data-minutes]")) {
    button.addEventListener("click", () => {
      const at = new Date(Date.now() - Number(button.dataset.minutes) * 60_000);
      const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
      form.elements.seen_at.value = local.toISOString().slice(0, 16);
    });
  }
}

function setPosition(latitude, longitude, accuracyM, byDevice) {
  form.elements.latitude_deg.value = latitude.toFixed(6);
  form.elements.longitude_deg.value = longitude.toFixed(6);
  form.elements.accuracy_m.value = String(Math.round(accuracyM));
  form.elements.by_device.value = byDevice ? "1" : "";
  say(byDevice ? `Your position is noted, to within ${Math.round(accuracyM)} m.` : "The place on the map is noted. Tap elsewhere to move it.");
  form.dispatchEvent(new CustomEvent("positioned", { detail: { latitude, longitude } }));
}

function say(text) {
  const words = form.querySelector("[data-place-words]");
  words.textContent = text;
  words.hidden = false;
}

function startPosition() {
  const button = form.querySelector("[data-locate]");
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
  if (!button || !data || !window.L) return;
  button.hidden = false;
  button.addEventListener("click", () => openMap(JSON.parse(data.textContent), button));
}

async function openMap(settings, button) {
  const { addGround } = await import("../leaflet/ground_layer.js");
  const L = window.L;
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
    pin.setLatLng([detail.latitude, detail.longitude]).addTo(map);
    if (!map.getBounds().contains(pin.getLatLng())) map.setView(pin.getLatLng(), MAP_ZOOM);
  });
  box.scrollIntoView({ block: "nearest" });
}

function startNames() {
  const input = form.elements.place;
  const list = document.getElementById("place-names");
  let timer = null;
  const known = new Map();
  input.addEventListener("input", () => {
    clearTimeout(timer);
    const chosen = known.get(input.value);
    if (chosen) {
      setPosition(chosen.latitude_deg, chosen.longitude_deg, 300, false);
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

function send() {
  const bar = form.querySelector("[data-progress]");
  const request = new XMLHttpRequest();
  bar.hidden = false;
  request.upload.addEventListener("progress", ({ loaded, total }) => { bar.value = total ? loaded / total : 0; });
  request.addEventListener("error", () => problem("The connection broke off. Nothing was lost here: try again."));
  request.addEventListener("load", () => show(request));
  request.open("POST", form.action);
  request.send(new FormData(form));
}

/** The answer is a page: the thanks replace the form; a refusal is shown above it, photos stay. */
function show(request) {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  if (request.status === 201) {
    document.querySelector("main").replaceChildren(...page.querySelector("main").children);
    document.title = page.title;
    scrollTo(0, 0);
    document.querySelector("main").focus();
    return;
  }
  const said = page.querySelector("[data-tip-problem] [role=alert]") ?? page.querySelector("main .notice") ?? page.querySelector("main h1");
  const reasons = [...page.querySelectorAll(".field-error")].map((one) => one.textContent.trim());
  problem([said?.textContent.trim() ?? `The server refused it (status ${request.status}).`, ...reasons].join(" "));
}

function problem(text) {
  const box = document.createElement("div");
  box.className = "notice error";
  box.setAttribute("role", "alert");
  box.tabIndex = -1;
  box.textContent = text;
  form.querySelector("[data-tip-problem]").replaceChildren(box);
  form.querySelector("[data-progress]").hidden = true;
  for (const button of form.querySelectorAll("button")) button.disabled = false;
  box.scrollIntoView({ block: "center" });
  box.focus();
}
