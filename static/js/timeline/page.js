// The analyst's timeline: brings axis, map, playback, competing routes and corridors together.

import { byId, readData } from "../leaflet/dom.js";
import { listenToKeys } from "../leaflet/keys.js";
import { metres } from "../leaflet/times.js";
import { TimeAxis } from "./axis.js";
import { TimelineClock } from "./clock.js";
import { CorridorPanel } from "./corridors.js";
import { TimelineMap } from "./map.js";
import { TimelineModel } from "./model.js";
import { Player } from "./player.js";

const { timeline, may, tiles, number } = readData("timeline-data");
const model = new TimelineModel(timeline);
const clock = new TimelineClock(model.timezone);
const map = new TimelineMap(model, clock, tiles, { onStop: chooseStop, onCamera: (id) => corridors.selectCamera(id) });
const axis = new TimeAxis(model, clock, { onStop: chooseStop, onMoment: (ms) => player.go(ms) });
const corridors = new CorridorPanel(model, clock, map, { number, may });
const player = new Player(model, {
  slider: byId("moment"), play: byId("play"), speed: byId("speed"), previous: byId("previous-stop"), next: byId("next-stop"),
}, { describe, onMoment: showMoment });

function showMoment(momentMs) {
  axis.show(momentMs);
  const now = map.showMoment(momentMs);
  byId("moment-time").textContent = clock.dayTime(momentMs);
  byId("moment-words").textContent = words(now);
  for (const row of document.querySelectorAll(".timeline:not([hidden]) [data-stop]")) {
    const stop = model.stop(Number(row.dataset.stop));
    row.classList.toggle("now", stop === now.stop);
  }
}

function describe(momentMs) {
  return `${clock.dayTime(momentMs)}, ${words(model.at(momentMs))}`;
}

function words(now) {
  if (now.stop) return `at ${now.stop.number}, ${now.stop.label}`;
  if (!now.from) return "before the first stop";
  const way = model.speedFor(now.leg);
  const between = `between ${now.from.number} and ${now.to.number}, ${metres(now.leg.distance_m)} apart`;
  return way ? `${between}; unseen, somewhere in the shaded area (${way.words})` : `${between}; this leg cannot be`;
}

function chooseStop(number) {
  const other = model.routes.find((route) => route.numbers.includes(number));
  if (!model.route.numbers.includes(number) && other) chooseRoute(other.ordinal);
  player.pause();
  player.go(model.stop(number).atMs);
  map.focusStop(number);
  const row = document.querySelector(`.timeline:not([hidden]) [data-stop="${number}"]`);
  row?.scrollIntoView({ block: "nearest" });
}

function chooseRoute(ordinal) {
  model.choose(ordinal);
  for (const list of document.querySelectorAll("[data-route]")) list.hidden = Number(list.dataset.route) !== ordinal;
  for (const choice of document.querySelectorAll("input[name=route]")) choice.checked = Number(choice.value) === ordinal;
  axis.draw();
  map.showRoute();
  corridors.showRoute();
  player.go(player.momentMs);
}

for (const choice of document.querySelectorAll("input[name=route]")) {
  choice.addEventListener("change", () => chooseRoute(Number(choice.value)));
}
for (const go of document.querySelectorAll("[data-go-stop]")) {
  go.addEventListener("click", () => chooseStop(Number(go.dataset.goStop)));
}
byId("fit").addEventListener("click", () => map.fitAll());

// The space bar plays, unless it is about to press a button or to type.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.target.closest("button, summary, a, select, textarea, input:not([type=range])")) return;
  event.preventDefault();
  if (!event.repeat) player.toggle();
});

listenToKeys({
  k: () => player.toggle(),
  j: () => player.previous(),
  l: () => player.next(),
  ",": () => player.step(-1),
  ".": () => player.step(1),
  "+": () => player.changeSpeed(1),
  "-": () => player.changeSpeed(-1),
});

chooseRoute(1);
