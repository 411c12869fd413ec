// Building elements without markup in strings, so that no text can become markup.

const SVG = "http://www.w3.org/2000/svg";

/** `el("p", { class: "small", onclick: f, "data-id": 3 }, "text", otherElement)` */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const sprite = document.querySelector(".brand use").getAttribute("href").split("#")[0];

export function icon(name, label = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

export function button(label, symbol, onclick, kind = "") {
  return el("button", { type: "button", class: `button small ${kind}`, onclick }, symbol && icon(symbol), label);
}

const SYMBOLS = {
  candidate: "question", confirmed: "check", rejected: "cross", unsure: "question", done: "check",
  finished: "check", failed: "warning", running: "sweep", queued: "clock", waiting: "clock",
  planned: "clock", stopped: "stop", skipped: "right", "made-up": "film", lead: "check", provisional: "clock",
};

export function badge(state, label = state) {
  return el("span", { class: `badge ${state}` }, SYMBOLS[state] && icon(SYMBOLS[state]), label);
}

export const byId = (id) => document.getElementById(id);

export function readData(id) {
  return JSON.parse(byId(id).textContent);
}
