// Leaflet and the map's styles, fetched when somebody first opens the form's map: most who send a tip
// never do, and on a slow network they weigh more than everything else on the page together.

const STYLES = ["vendor/leaflet/leaflet.css", "css/map.css"];
const SCRIPT = "vendor/leaflet/leaflet.js";

/** Leaflet. Rejects where a part of it cannot be fetched. */
export async function loadLeaflet() {
  if (!window.L) await Promise.all([...STYLES.map((path) => added("link", { rel: "stylesheet", href: address(path) })), added("script", { src: address(SCRIPT) })]);
  return window.L;
}

function address(path) {
  return new URL(`../../${path}`, import.meta.url).href;
}

function added(kind, properties) {
  const element = Object.assign(document.createElement(kind), properties);
  return new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = () => {
      element.remove();
      reject(new Error(`${properties.src ?? properties.href} cannot be fetched`));
    };
    document.head.append(element);
  });
}
