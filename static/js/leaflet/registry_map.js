// The map of the whole registry: clusters, dots, and a way to each camera's page.

import { CameraTileLayer, registrySection } from "./camera_tile_layer.js";
import { el, readData } from "./dom.js";
import { addGround } from "./ground_layer.js";

const L = window.L;
const { start, tiles } = readData("registry-data");
const map = L.map("registry-map", { zoomSnap: 0.5, attributionControl: Boolean(tiles.url), scrollWheelZoom: false })
  .setView([start.latitude_deg, start.longitude_deg], 13);
map.attributionControl?.setPrefix(false);
L.control.scale({ imperial: false }).addTo(map);
addGround(map, tiles, [start.latitude_deg, start.longitude_deg]);

const layer = new CameraTileLayer(() => ({ rank: null, holding: "askable", visit: null, checked: false, selected: false })).addTo(map);
layer.on("camera", ({ id, onCluster }) => { if (!onCluster && id) location.assign(`/cameras/${id}`); });
const tip = L.tooltip({ direction: "top", offset: [0, -8] });
layer.on("hover", ({ camera, count, latlng }) => {
  if (!camera && !count) tip.remove();
  else tip.setLatLng(camera?.latlng ?? latlng).setContent(el("span", {}, camera ? `${camera.name} (${camera.status})` : `${count} cameras`)).addTo(map);
});

const section = await registrySection();
if (section) map.fitBounds(section.pad(0.05), { maxZoom: 17 });
