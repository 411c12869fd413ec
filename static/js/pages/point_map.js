// A small map of one place and how far off it may be.

import { readData } from "../leaflet/dom.js";
import { addGround } from "../leaflet/ground_layer.js";

const L = window.L;
const place = readData("place-data");
const at = L.latLng(place.latitude_deg, place.longitude_deg);
const map = L.map("place-map", { zoomSnap: 0.5, attributionControl: Boolean(place.tiles.url), scrollWheelZoom: false }).setView(at, 15);
map.attributionControl?.setPrefix(false);
L.control.scale({ imperial: false }).addTo(map);
addGround(map, place.tiles, at);
L.circle(at, { radius: place.uncertainty_m, className: "uncertainty", interactive: false }).addTo(map);
L.circleMarker(at, { radius: 6, className: "uncertainty" }).bindTooltip(place.label).addTo(map);
