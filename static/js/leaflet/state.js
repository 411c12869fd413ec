// What the page knows of its case. Panels and layers read it and listen to its events:
// locations, ranking, cameras, sightings, sweeps, visits, photos, selection, checked, moment, belief.

import * as api from "./api.js";

export class CaseState extends EventTarget {
  constructor(settings, clock) {
    super();
    this.settings = settings;
    this.clock = clock;
    this.address = `/api/cases/${encodeURIComponent(settings.number)}`;
    this.locations = [];
    this.ranking = { items: [], total: 0, radius_m: 1000 };
    this.rankingProblem = "";
    this.rankingQuery = { radius_m: 1000, limit: 20, window_start: null, window_end: null };
    this.filters = {};
    this.onMap = new Map(); // camera id → what the server gives of all that pass, if it was asked
    this.moment = null; // the time that is looked at; null is all times
    this.beliefTimes = [];
    this.cameras = new Map();
    this.sightings = new Map();
    this.sweeps = new Map();
    this.visits = new Map(); // camera id → its newest visit
    this.photos = [];
    this.checked = new Set();
    this.selectedCamera = null;
    this.selectedSighting = null;
    this.selectedLocation = null;
  }

  tell(kind, detail = {}) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  on(kinds, listener) {
    for (const kind of kinds.split(" ")) this.addEventListener(kind, (event) => listener(event.detail));
  }

  /** All but the locations and cameras. */
  async loadRest() {
    await Promise.all([this.loadRanking(), this.loadSightings(), this.loadSweeps(), this.loadPhotos()]);
  }

  async loadLocations() {
    this.locations = (await api.get(`${this.address}/locations`)).items.filter((place) => place.active);
    this.tell("locations");
  }

  async loadRanking() {
    const asked = { ...this.rankingQuery, ...this.filters };
    if (this.isFiltered || this.moment) asked.on_map = "true";
    this._rankingAsked = asked;
    try {
      const ranking = await api.get(`${this.address}/cameras`, asked);
      if (this._rankingAsked !== asked) return; // a newer question is under way
      this.ranking = ranking;
      this.onMap = new Map((ranking.on_map ?? []).map((camera) => [camera.camera_id, camera]));
      this.rankingProblem = "";
    } catch (problem) {
      if (!(problem instanceof api.ApiProblem) || this._rankingAsked !== asked) throw problem;
      this.rankingProblem = problem.message;
    }
    this.tell("ranking");
  }

  async loadSightings() {
    const items = await api.getAll(`${this.address}/sightings`);
    this.sightings = new Map(items.map((sighting) => [sighting.id, sighting]));
    this.tell("sightings");
  }

  async loadSweeps() {
    const { items } = await api.get(`${this.address}/sweeps`, { per_page: 50 });
    this.sweeps = new Map(items.map((sweep) => [sweep.id, sweep]));
    this.tell("sweeps");
    const newest = [...this.sweeps.values()].sort((a, b) => b.ordinal - a.ordinal).slice(0, 3);
    const lists = await Promise.all(newest.map((sweep) => api.getAll(`/api/sweeps/${sweep.id}/visits`)));
    this.visits.clear();
    for (const visit of lists.reverse().flat()) this._keepVisit(visit);
    this.tell("visits");
  }

  async loadPhotos() {
    this.photos = (await api.get(`${this.address}/photos`)).items.filter((photo) => photo.active);
    this.tell("photos");
  }

  putSighting(sighting, isNew = false) {
    this.sightings.set(sighting.id, sighting);
    this.tell("sightings", { arrived: isNew ? sighting : null });
  }

  putSweep(sweep) {
    this.sweeps.set(sweep.id, sweep);
    this.tell("sweeps");
  }

  putVisit(visit) {
    this._keepVisit(visit);
    this.tell("visits", { visit });
  }

  _keepVisit(visit) {
    const known = this.visits.get(visit.camera_id);
    if (!known || known.sweep_id <= visit.sweep_id) this.visits.set(visit.camera_id, { ...known, ...visit });
  }

  get isFiltered() {
    return Object.keys(this.filters).length > 0;
  }

  /** Look at one time (ISO 8601), or at all (null). */
  setMoment(moment) {
    this.moment = moment && new Date(moment).toISOString();
    this.tell("moment");
    if (moment && !this.ranking.on_map && !this._askingForMap) {
      this._askingForMap = this.loadRanking().finally(() => { this._askingForMap = null; });
    }
  }

  /** `from` says who asked ("map", "list", "tray"), so that nobody answers their own question. */
  selectCamera(id, from) {
    this.selectedCamera = id;
    if (this.sightings.get(this.selectedSighting)?.camera.id !== id) this.selectedSighting = this._newestSightingOf(id);
    this.tell("selection", { from });
  }

  _newestSightingOf(cameraId) {
    const there = [...this.sightings.values()].filter((one) => one.camera.id === cameraId && one.state !== "rejected");
    return there.reduce((newest, one) => (!newest || one.seen_at > newest.seen_at ? one : newest), null)?.id ?? null;
  }

  selectSighting(id, from) {
    this.selectedSighting = id;
    this.selectedCamera = this.sightings.get(id)?.camera.id ?? this.selectedCamera;
    this.tell("selection", { from });
  }

  check(cameraId, on) {
    if (on) this.checked.add(cameraId);
    else this.checked.delete(cameraId);
    this.tell("checked");
  }

  rankOf(cameraId) {
    return this.ranking.items.find((entry) => entry.camera_id === cameraId) ?? null;
  }

  nameOf(cameraId) {
    return this.cameras.get(cameraId)?.name ?? this.onMap.get(cameraId)?.name ?? this.rankOf(cameraId)?.name ?? this.visits.get(cameraId)?.camera?.name ?? `camera ${cameraId}`;
  }

  get latestLocation() {
    return this.locations.find((place) => place.seen_at) ?? this.locations[0] ?? null;
  }
}
