// The case map: puts state, layers, panels, keys and the live feed together.

import * as api from "./api.js";
import { BeliefLayer } from "./belief_layer.js";
import { listenForCameraKeys } from "./camera_keys.js";
import { CameraTileLayer } from "./camera_tile_layer.js";
import { HOLDING } from "./camera_shapes.js";
import { markedCameras } from "./case_cameras.js";
import { CoverageLayer } from "./coverage_layer.js";
import { byId, el, readData } from "./dom.js";
import { addGround } from "./ground_layer.js";
import { listenToKeys } from "./keys.js";
import { Layout } from "./layout.js";
import { LiveFeed } from "./live.js";
import { LocationForm } from "./location_form.js";
import { LocationLayer } from "./location_layer.js";
import { LocationPanel } from "./location_panel.js";
import { PersonLayer } from "./person_layer.js";
import { RankingPanel } from "./ranking_panel.js";
import { ReachLayer, placeAt } from "./reach_layer.js";
import { SightingLayer } from "./sighting_layer.js";
import { SightingsTray, subjectFaces } from "./sightings_tray.js";
import { CaseState } from "./state.js";
import { SweepDialog } from "./sweep_dialog.js";
import { SweepShape } from "./sweep_shape.js";
import { SweepPanel } from "./sweep_panel.js";
import { TimeBar, coversMoment } from "./time_bar.js";
import { CaseClock, metres } from "./times.js";
import { announce, toast } from "./toasts.js";
import { ViewUrl, readView } from "./view_url.js";

const L = window.L;
const START_ZOOM = 15;
const SMALL_FACES_BELOW_ZOOM = 16.5;
const RANKING_DELAY_MS = 150;
const LIVE_WORDS = { live: "live", waiting: "reconnecting…", database: "database does not answer", starting: "connecting…", out: "logged out: load the page again" };

const settings = readData("case-data");
const clock = new CaseClock(settings.timezone);
const state = new CaseState(settings, clock);
const start = settings.start;

const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

const map = L.map("map", {
  zoomControl: false, attributionControl: Boolean(settings.tiles.url), minZoom: 3, maxZoom: 20, zoomSnap: 0.5,
  wheelPxPerZoomLevel: 100, zoomAnimation: !calm, markerZoomAnimation: !calm,
})
  .setView([start.latitude_deg, start.longitude_deg], START_ZOOM);
L.control.zoom({ position: "topright" }).addTo(map);
L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
map.attributionControl?.setPrefix(false);

const ground = addGround(map, settings.tiles, [start.latitude_deg, start.longitude_deg]);
const { view, unreadable } = readView(location.search);
const viewUrl = new ViewUrl(currentView);
const layout = new Layout(map, () => viewUrl.changed());
const cameraLayer = new CameraTileLayer(lookOf, {
  marked: () => markedCameras(state),
  found: (cameras) => { for (const camera of cameras) state.cameras.set(camera.id, camera); },
  onlyMarked: () => state.isFiltered,
}).addTo(map);
const locationLayer = new LocationLayer(map, clock, { onSelect: openPlace, onDraftMoved: (latlng) => locationForm.moveTo(latlng) });
const sightingLayer = new SightingLayer(map, clock, { onSelect: (id) => { state.selectSighting(id, "map"); layout.showSheet("sightings"); } });
const locationForm = new LocationForm(state, locationLayer, { onDone: () => setAdding(false) });
const rankingPanel = new RankingPanel(state);
new LocationPanel(state, locationForm);
new SweepPanel(state);
const beliefLayer = new BeliefLayer(map, state);
const coverageLayer = new CoverageLayer(map, state);
const reachLayer = new ReachLayer(map);
const timeBar = new TimeBar(state);
if (settings.persons) new PersonLayer(map, clock, settings.persons);
new SweepDialog(state);
new SweepShape(map, state);
const tray = new SightingsTray(state);
let ranks = new Map();
let adding = false;

/** What the case knows of a camera, for drawing it. */
function lookOf(id) {
  const entry = ranks.get(id);
  const onMap = state.onMap.get(id);
  return {
    rank: entry?.rank ?? null, holding: HOLDING[(entry ?? onMap)?.footage_state] ?? "none",
    covered: state.moment ? coversMoment(onMap?.held, state.moment) : null,
    visit: state.visits.get(id)?.state ?? entry?.visit_state ?? null,
    checked: state.checked.has(id), selected: state.selectedCamera === id,
  };
}

function showLocations() {
  const then = state.moment && placeAt(state.locations, state.moment);
  const centre = state.locations.find((place) => place.id === state.selectedLocation) ?? (then || state.latestLocation);
  const radiusM = state.rankingQuery.order === "probability" ? null : state.rankingQuery.radius_m;
  locationLayer.show(state.locations, centre, radiusM, state.moment);
  if (centre) ground?.setAnchor(L.latLng(centre.latitude_deg, centre.longitude_deg));
}

function showSightings() {
  sightingLayer.show([...state.sightings.values()], state.selectedSighting, state.moment);
}

/** Everything that depends on the time that is looked at, and what it comes to in words. */
function showMoment() {
  const { moment } = state;
  showLocations();
  showSightings();
  cameraLayer.redrawSoon();
  viewUrl.changed();
  if (!moment) {
    reachLayer.hide();
    return;
  }
  const reach = reachLayer.show(state.locations, moment, settings.speeds);
  const cameras = [...state.onMap.values()];
  const covering = cameras.filter((camera) => coversMoment(camera.held, moment)).length;
  const before = [...state.sightings.values()].filter((one) => one.state !== "rejected" && new Date(one.seen_at) <= new Date(moment)).length;
  byId("time-words").textContent = [
    state.ranking.on_map ? `${covering} of ${cameras.length} cameras have footage of this moment at hand` : "",
    `${before} sighting${before === 1 ? "" : "s"} so far`, reach,
  ].filter(Boolean).join("; ");
}

function openPlace(id) {
  state.selectedLocation = id;
  layout.showTab("places");
  state.tell("selection", { from: "map" });
  showLocations();
}

function flyTo(latlng, zoom = Math.max(map.getZoom(), 16)) {
  if (calm) map.setView(latlng, zoom);
  else map.flyTo(latlng, zoom, { duration: 0.5 });
}

function showSelection({ from }) {
  cameraLayer.redrawSoon();
  showLocations();
  showSightings();
  viewUrl.changed();
  if (["map", "list"].includes(from) && state.selectedCamera) announce(cameraInWords(state.selectedCamera));
  if (from === "map" || from === "address") return;
  const at = state.sightings.get(state.selectedSighting);
  const camera = state.rankOf(state.selectedCamera) ?? state.cameras.get(state.selectedCamera) ?? state.onMap.get(state.selectedCamera);
  if (at && from !== "list" && from !== "camera keys") map.panInside([at.latitude_deg, at.longitude_deg], { padding: [90, 90] });
  else if (camera) map.panInside([camera.latitude_deg, camera.longitude_deg], { padding: [90, 90] });
}

/** What a screen reader says of a camera that was chosen on the canvas. */
function cameraInWords(id) {
  const entry = ranks.get(id);
  const visit = state.visits.get(id)?.state ?? entry?.visit_state;
  const facts = entry ? [`rank ${entry.rank}`, metres(entry.distance_m), entry.footage_note] : ["not in the list"];
  return [state.nameOf(id), ...facts, visit && `visit ${visit}`].filter(Boolean).join(", ");
}

function showSubject() {
  byId("photo-missing").hidden = state.photos.length > 0;
  byId("subject-faces").replaceChildren(...subjectFaces(state.photos, 3));
}

function setAdding(on) {
  adding = on;
  byId("map").classList.toggle("adding", on);
  byId("add-place")?.setAttribute("aria-pressed", String(on));
  byId("map-hint").hidden = !on;
}

const showDistance = () => map.getContainer().classList.toggle("far", map.getZoom() < SMALL_FACES_BELOW_ZOOM);
map.on("zoomend", showDistance);
showDistance();

state.on("ranking", () => {
  ranks = new Map(state.ranking.items.map((entry) => [entry.camera_id, entry]));
  cameraLayer.redrawSoon();
  if (state.moment) showMoment();
  else showLocations();
  viewUrl.changed();
});
state.on("moment", showMoment);
state.on("belief", () => viewUrl.changed());
map.on("moveend", () => viewUrl.changed());
byId("toggle-coverage").addEventListener("click", () => viewUrl.changed());
byId("sighting-filter").addEventListener("change", () => viewUrl.changed());
byId("copy-view").addEventListener("click", copyView);
listenForCameraKeys(map, cameraLayer, {
  selected: () => state.selectedCamera,
  choose: (id) => {
    state.selectCamera(id, "camera keys");
    announce(cameraInWords(id));
  },
  open: () => {
    layout.showTab("ranking");
    layout.showSheet("list");
    if (!rankingPanel.focusSelected()) byId("selected-camera").querySelector("a")?.focus();
  },
});
state.on("visits checked", () => cameraLayer.redrawSoon());
state.on("locations", showLocations);
state.on("sightings", showSightings);
state.on("selection", showSelection);
state.on("fly", ({ latlng }) => flyTo(latlng));

cameraLayer.on("camera", ({ id, onCluster }) => {
  if (adding || onCluster) return;
  state.selectCamera(id, "map");
  layout.showTab("ranking");
});
const tip = L.tooltip({ direction: "top", offset: [0, -10], className: "camera-tip" });
cameraLayer.on("hover", ({ camera, count, latlng }) => {
  if (!camera && !count) {
    tip.remove();
    return;
  }
  const entry = camera && ranks.get(camera.id);
  const lines = camera ? [el("strong", {}, camera.name), entry ? el("span", {}, `rank ${entry.rank}, ${entry.footage_note}`) : el("span", {}, camera.status)] : [el("span", {}, `${count} cameras`)];
  tip.setLatLng(camera?.latlng ?? latlng).setContent(el("span", { class: "tip-lines" }, ...lines)).addTo(map);
});
map.on("click", (event) => {
  if (!adding) return;
  if (locationForm.isOpen) locationForm.moveTo(event.latlng);
  else locationForm.openNew(event.latlng);
  layout.showTab("places");
  layout.showSheet("list");
});
byId("add-place")?.addEventListener("click", () => {
  setAdding(!adding);
  layout.showTab("places");
  if (adding) layout.showSheet("map");
});
byId("fit-all").addEventListener("click", fitCase);

function fitCase() {
  const points = [
    ...state.locations.map((place) => [place.latitude_deg, place.longitude_deg]),
    ...state.ranking.items.slice(0, 20).map((entry) => [entry.latitude_deg, entry.longitude_deg]),
    ...[...state.sightings.values()].filter((one) => one.state !== "rejected").map((one) => [one.latitude_deg, one.longitude_deg]),
  ];
  if (points.length) map.fitBounds(L.latLngBounds(points).pad(0.12), { maxZoom: 17 });
}

listenToKeys({
  c: () => tray.review(tray.selected, "confirmed"), r: () => tray.review(tray.selected, "rejected"),
  u: () => tray.review(tray.selected, "unsure"), z: () => tray.undo(),
  j: () => tray.move(1), k: () => tray.move(-1), f: fitCase,
  t: () => timeBar.toggle(), p: () => timeBar.play(), ",": () => timeBar.step(-1), ".": () => timeBar.step(1),
  escape: () => { if (locationForm.isOpen) locationForm.close(); else setAdding(false); },
});

/* What the live feed says is applied at once; what only says "look again" is fetched. */
let rankingTimer = null;
function rankAgain() {
  clearTimeout(rankingTimer);
  rankingTimer = setTimeout(() => state.loadRanking(), RANKING_DELAY_MS);
}

/** A place that was searched from is taken back: whoever follows the case is told, not only shown. */
function tellOverturned(before, now) {
  if (before?.state !== "confirmed" || now.state === "confirmed") return;
  const words = `The sighting at ${now.camera.name}, ${clock.time(now.seen_at)}, is no longer confirmed (${now.standing}). Its place is taken back.`;
  toast(words, { error: true });
  announce(words);
}

const takers = {
  sighting: ({ sighting }) => {
    const isNew = !state.sightings.has(sighting.id);
    if (isNew) {
      sightingLayer.pulse(sighting.id);
      announce(`New sighting at ${sighting.camera.name}, ${clock.time(sighting.seen_at)}. A lead, not an identification.`);
    }
    state.putSighting(sighting, isNew);
  },
  review: ({ sighting }) => {
    tellOverturned(state.sightings.get(sighting.id), sighting);
    state.putSighting(sighting);
  },
  visit: ({ visit }) => state.putVisit(visit),
  sweep: ({ sweep }) => state.putSweep({ ...state.sweeps.get(sweep.id), ...sweep }),
  location: () => state.loadLocations(),
  photo: () => state.loadPhotos(),
  ranking: rankAgain,
  contribution: ({ kind }) => toast(kind === "tip" ? "There is news of a tip." : "There is news of a found person.", {
    action: { label: "Look", run: () => location.assign(kind === "tip" ? `${location.pathname}/tips` : "/found-persons?only_matches=1") },
  }),
  case: () => toast("The case itself was changed.", { action: { label: "Load again", run: () => location.reload() } }),
};

let ready = false;
let waiting = [];

async function loadEverything() {
  ready = false;
  await state.loadLocations();
  if (!state.rankingQuery.window_start) {
    rankingPanel.setDefaultWindow();
    rankingPanel.setView(rankingOf(view));
  }
  await state.loadRest();
  ready = true;
  for (const [kind, data] of waiting.splice(0)) takers[kind]?.(data);
}

async function loadUntilItWorks() {
  try {
    await loadEverything();
  } catch (problem) {
    if (!(problem instanceof api.ApiProblem)) throw problem;
    toast(problem.message, { error: true });
    if (problem.unavailable) setTimeout(loadUntilItWorks, 4000);
  }
}

function showLive(word) {
  const sign = byId("live-state");
  sign.dataset.state = word;
  byId("live-word").textContent = LIVE_WORDS[word];
}

/* The cursor is from before the page was made: what happens while it loads is told again. */
new LiveFeed(`${state.address}/live`, settings.cursor, {
  onState: showLive,
  onEvent: (kind, data) => {
    if (kind === "alert" || kind === "reset") document.dispatchEvent(new CustomEvent("lastseen:alert"));
    if (kind === "reset") loadUntilItWorks();
    else if (ready) takers[kind]?.(data);
    else if (kind in takers) waiting.push([kind, data]);
  },
});

/** The part of a view that the ranking's form holds. */
function rankingOf({ order, radius, limit, from, until, owner, status, facing, footage, seen }) {
  return { order, radius, limit, from, until, ...Object.fromEntries(Object.entries({ owner, status, facing, footage, seen }).filter(([, value]) => value)) };
}

/** The view as it goes into the address; what is as the page opens by itself is left out. */
function currentView() {
  const centre = map.getCenter();
  const shown = [beliefLayer.shown && "belief", coverageLayer.shown && "coverage"].filter(Boolean);
  return {
    at: `${centre.lat.toFixed(5)},${centre.lng.toFixed(5)},${map.getZoom()}`, layers: shown.join(","), time: state.moment,
    tab: layout.tab === "ranking" ? null : layout.tab, sheet: layout.sheet === "map" ? null : layout.sheet,
    tray: tray.filter === "open" ? null : tray.filter,
    camera: state.selectedCamera, sighting: state.selectedSighting, place: state.selectedLocation, ...rankingPanel.view,
  };
}

async function copyView() {
  const address = viewUrl.write();
  try {
    await navigator.clipboard.writeText(address);
    toast("The link to this view is copied. Who opens it needs an account with access to the case.");
  } catch {
    toast(`The browser does not let pages copy; copy the address yourself: ${address}`);
  }
}

/** What the address asked for, once there is something to show it on. */
function restoreView() {
  if (view.time) state.setMoment(view.time);
  map.invalidateSize({ pan: false }); // the time bar has taken some of the map's height
  if (view.at) map.setView(view.at.latlng, view.at.zoom, { animate: false });
  else fitCase();
  if (view.tray) tray.filter = view.tray;
  if (view.tab) layout.showTab(view.tab);
  if (view.sheet) layout.showSheet(view.sheet);
  if (state.locations.some((place) => place.id === view.place)) state.selectedLocation = view.place;
  if (state.sightings.has(view.sighting)) state.selectedSighting = view.sighting;
  if (view.camera) state.selectedCamera = view.camera;
  if (view.place || view.sighting || view.camera) state.tell("selection", { from: "address" });
  if (view.layers?.includes("belief")) beliefLayer.toggle();
  if (view.layers?.includes("coverage")) coverageLayer.toggle();
  const lost = [view.place && !state.selectedLocation && "place", view.sighting && !state.selectedSighting && "sighting"].filter(Boolean);
  const odd = [...unreadable, ...lost];
  if (odd.length) toast(`Part of this link could not be used: ${odd.join(", ")}. The rest is as it was sent.`);
}

state.on("photos", showSubject);
await loadUntilItWorks();
restoreView();
