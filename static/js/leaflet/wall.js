// A case on a wall: the same state and live feed as the case map, and nothing to press. Whatever
// stops it from being true stands on it in large letters.

import * as api from "./api.js";
import { CameraTileLayer } from "./camera_tile_layer.js";
import { HOLDING } from "./camera_shapes.js";
import { markedCameras } from "./case_cameras.js";
import { badge, byId, el, readData } from "./dom.js";
import { addGround } from "./ground_layer.js";
import { LiveFeed } from "./live.js";
import { LocationLayer } from "./location_layer.js";
import { SightingLayer } from "./sighting_layer.js";
import { facePair, subjectFaces } from "./sightings_tray.js";
import { CaseState } from "./state.js";
import { progressBar, summary } from "./sweep_panel.js";
import { CaseClock } from "./times.js";

const L = window.L;
const SHOWN_SIGHTINGS = 4;
const FRESH_MS = 20_000;
const RANKING_DELAY_MS = 500;
const RETRY_MS = 4000;
const TRY_AGAIN_MS = 20_000;
const STILL_HERE_MS = 600_000; // a wall that is looked at is in use: its session does not end as idle
const SILENT_MS = 8000; // a connection that is back at once is worth no alarm
const LIVE_WORDS = { live: "live", waiting: "no connection", database: "database does not answer", starting: "connecting…", out: "logged out" };

const settings = readData("case-data");
const clock = new CaseClock(settings.timezone);
const state = new CaseState(settings, clock);
const day = new Intl.DateTimeFormat("en-GB", { timeZone: settings.timezone, weekday: "long", day: "numeric", month: "long" });
const freshUntil = new Map();
let ranks = new Map();

const map = L.map("map", {
  zoomControl: false, attributionControl: Boolean(settings.tiles.url), zoomSnap: 0.25, maxZoom: 20, keyboard: false,
  dragging: false, scrollWheelZoom: false, doubleClickZoom: false, boxZoom: false, touchZoom: false, zoomAnimation: false,
}).setView([settings.start.latitude_deg, settings.start.longitude_deg], 15);
map.attributionControl?.setPrefix(false);
L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
const ground = addGround(map, settings.tiles, [settings.start.latitude_deg, settings.start.longitude_deg]);
const cameraLayer = new CameraTileLayer(lookOf, {
  marked: () => markedCameras(state),
  found: (cameras) => { for (const camera of cameras) state.cameras.set(camera.id, camera); },
}).addTo(map);
const locationLayer = new LocationLayer(map, clock, {});
const sightingLayer = new SightingLayer(map, clock);
new ResizeObserver(() => { map.invalidateSize({ pan: false }); fit(); }).observe(byId("map"));

function lookOf(id) {
  const entry = ranks.get(id);
  return {
    rank: entry?.rank ?? null, holding: HOLDING[entry?.footage_state] ?? "none",
    visit: state.visits.get(id)?.state ?? entry?.visit_state ?? null, checked: false, selected: false,
  };
}

function fit() {
  const open = [...state.sightings.values()].filter((one) => one.state !== "rejected");
  const points = [...state.locations, ...open, ...state.ranking.items.slice(0, 20)].map((one) => [one.latitude_deg, one.longitude_deg]);
  if (points.length) map.fitBounds(L.latLngBounds(points).pad(0.1), { maxZoom: 17, animate: false });
}

function showPlaces() {
  const latest = state.latestLocation;
  locationLayer.show(state.locations, latest, state.ranking.radius_m);
  if (latest) ground?.setAnchor(L.latLng(latest.latitude_deg, latest.longitude_deg));
  byId("wall-last").replaceChildren(...(latest
    ? ["Last seen ", el("strong", {}, latest.label), `, ${latest.seen_at ? clock.dayTime(latest.seen_at) : "time unknown"}`]
    : ["No last-known location yet."]));
  fit();
}

function showSightings() {
  const open = [...state.sightings.values()].filter((one) => one.state !== "rejected");
  sightingLayer.show(open, null);
  const newest = open.sort((a, b) => b.seen_at.localeCompare(a.seen_at) || b.id - a.id);
  byId("wall-sightings").replaceChildren(...newest.slice(0, SHOWN_SIGHTINGS).map(card));
  byId("wall-none").hidden = newest.length > 0;
  const waiting = newest.filter((one) => one.state === "candidate").length;
  byId("wall-open").textContent = `${waiting} to be judged`;
  byId("wall-open").hidden = waiting === 0;
  fit();
}

function card(sighting) {
  const fresh = (freshUntil.get(sighting.id) ?? 0) > Date.now();
  return el("li", { class: `wall-sighting ${sighting.state}${fresh ? " fresh" : ""}` }, facePair(sighting),
    el("div", {}, el("strong", {}, sighting.camera.name), el("time", { datetime: sighting.seen_at }, clock.dayTime(sighting.seen_at)),
      el("div", { class: "button-row" }, badge(sighting.state), sighting.made_up && badge("made-up", "made-up footage"))));
}

function showSweeps() {
  const sweeps = [...state.sweeps.values()].sort((a, b) => b.ordinal - a.ordinal);
  const running = sweeps.filter((sweep) => sweep.state === "running");
  byId("wall-sweeps").replaceChildren(...(running.length ? running : sweeps).slice(0, 2).map((sweep) => el("div", { class: "wall-sweep" },
    el("span", {}, el("strong", {}, `Sweep ${sweep.ordinal} `), badge(sweep.state), ` ${summary(sweep)}`), progressBar(sweep))));
}

function tick() {
  const now = new Date();
  byId("wall-time").textContent = clock.time(now.toISOString());
  byId("wall-day").textContent = day.format(now);
}

/* What stops this from being true. */
let lostAt = null;
let hasStopped = false;
function alarm(title, words, { out = false } = {}) {
  byId("wall-alarm").hidden = false;
  byId("wall-alarm").classList.toggle("out", out);
  byId("wall-alarm-title").textContent = title;
  byId("wall-alarm-words").textContent = words;
}

let alarmTimer = null;
function showLive(word) {
  byId("live-state").dataset.state = word;
  byId("live-word").textContent = LIVE_WORDS[word];
  if (word === "live") {
    clearTimeout(alarmTimer);
    alarmTimer = lostAt = null;
    byId("wall-alarm").hidden = !hasStopped;
  } else if (word === "out") {
    clearTimeout(alarmTimer);
    alarm("This wall is logged out", `Nothing here is new since ${clock.time((lostAt ?? new Date()).toISOString())}. Log in again on this screen; it comes back by itself.`, { out: true });
    setInterval(returnWhenAllowed, TRY_AGAIN_MS);
  } else if (word !== "starting") {
    lostAt ??= new Date();
    alarmTimer ??= setTimeout(sayThatItIsLost, SILENT_MS); // each attempt says "waiting" again
  }
}

function sayThatItIsLost() {
  alarm(LIVE_WORDS[byId("live-state").dataset.state], `Nothing here is new since ${clock.time(lostAt.toISOString())}. Trying again all the time.`);
}

async function returnWhenAllowed() {
  try {
    await api.get(state.address);
    location.reload();
  } catch (problem) {
    if (!(problem instanceof api.ApiProblem)) throw problem;
  }
}

for (const kind of ["error", "unhandledrejection"]) {
  addEventListener(kind, () => {
    hasStopped = true;
    alarm("This wall has stopped", "A fault of the page: load it again.", { out: true });
  });
}

let rankingTimer = null;
function rankAgain() {
  clearTimeout(rankingTimer);
  rankingTimer = setTimeout(() => attempt(() => state.loadRanking()), RANKING_DELAY_MS);
}

const takers = {
  sighting: ({ sighting }) => {
    const isNew = !state.sightings.has(sighting.id);
    if (isNew) {
      freshUntil.set(sighting.id, Date.now() + FRESH_MS);
      sightingLayer.pulse(sighting.id);
    }
    state.putSighting(sighting, isNew);
  },
  review: ({ sighting }) => state.putSighting(sighting),
  visit: ({ visit }) => state.putVisit(visit),
  sweep: ({ sweep }) => state.putSweep({ ...state.sweeps.get(sweep.id), ...sweep }),
  location: () => attempt(() => state.loadLocations()),
  photo: () => attempt(() => state.loadPhotos()),
  ranking: rankAgain,
  case: () => location.reload(),
};

/** What fails here is the connection's fault, and the live feed says so. */
async function attempt(work) {
  try {
    await work();
    return true;
  } catch (problem) {
    if (!(problem instanceof api.ApiProblem)) throw problem;
    return false;
  }
}

let ready = false;
let waiting = [];
async function load() {
  ready = false;
  const done = await attempt(async () => {
    await state.loadLocations();
    await state.loadRest();
  });
  if (!done) {
    setTimeout(load, RETRY_MS);
    return;
  }
  ready = true;
  const missed = waiting;
  waiting = [];
  for (const [kind, data] of missed) takers[kind]?.(data);
}

state.on("ranking", () => {
  ranks = new Map(state.ranking.items.map((entry) => [entry.camera_id, entry]));
  cameraLayer.redrawSoon();
  showPlaces();
});
state.on("locations", showPlaces);
state.on("sightings", showSightings);
state.on("sweeps", showSweeps);
state.on("visits", () => cameraLayer.redrawSoon());
state.on("photos", () => byId("subject-faces").replaceChildren(...subjectFaces(state.photos, 2)));

setInterval(() => attempt(() => state.loadLocations()), STILL_HERE_MS);
setInterval(tick, 1000);
tick();
new LiveFeed(`${state.address}/live`, settings.cursor, {
  onState: showLive,
  onEvent: (kind, data) => {
    if (kind === "reset") load();
    else if (ready) takers[kind]?.(data);
    else if (kind in takers) waiting.push([kind, data]);
  },
});
await load();
