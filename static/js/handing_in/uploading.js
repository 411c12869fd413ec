// Sending a form with photos by script: made smaller first, with progress, and keeping what was chosen when something has
// to be corrected. The form holds `data-progress`, `data-progress-words`, `data-problem` and `data-send`.

import { shrunk } from "./shrinking.js";

/** What is told to whoever sent; the form stays as it is. */
export class Refusal extends Error {}

export const BROKEN = "The connection broke off. Nothing was lost here: try again.";

/** Run `act` once at a time; a Refusal of it is shown above the form. */
export async function whileSending(form, act) {
  const button = form.querySelector("[data-send]");
  if (button.disabled) return;
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problem(form, error.message);
  }
}

/** What the form holds, its photos made smaller; `keep` says whether with their time and place. */
export async function gather(form, keep) {
  const data = new FormData(form);
  const files = data.getAll("photos").filter((file) => file.size);
  data.delete("photos");
  for (const [index, file] of files.entries()) {
    progress(form, index / files.length, "Making the photos smaller…");
    data.append("photos", await shrunk(file, keep));
  }
  return data;
}

/** The finished request, whatever its status. Rejects with a Refusal when the connection breaks. */
export function upload(form, address, data) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      const share = total ? loaded / total : 0;
      progress(form, share, share < 1 ? `Sending… ${Math.round(100 * share)} %` : "Sent. The photos are being read…");
    });
    request.addEventListener("error", () => reject(new Refusal(BROKEN)));
    request.addEventListener("load", () => resolve(request));
    request.open("POST", address);
    request.send(data);
  });
}

export function progress(form, share, words) {
  const bar = form.querySelector("[data-progress]");
  const said = form.querySelector("[data-progress-words]");
  bar.hidden = said.hidden = false;
  bar.value = share;
  if (said.textContent !== words) said.textContent = words;
}

/** The answer's page, in place of this one. */
export function showPage(request) {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  document.querySelector("main").replaceChildren(...page.querySelector("main").children);
  const flashes = page.querySelector(".flashes");
  if (flashes) document.querySelector("main").before(flashes);
  document.title = page.title;
  scrollTo(0, 0);
  document.querySelector("main").focus();
}

/** Why the answer's page says that it was refused, with the reasons of single fields. */
export function refusalOf(request) {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const said = page.querySelector("[data-problem] [role=alert]") ?? page.querySelector("main .notice") ?? page.querySelector("main p, main h1");
  const reasons = [...page.querySelectorAll(".field-error")].map(reasonOf);
  return new Refusal([said?.textContent.trim() ?? `The server refused it (status ${request.status}).`, ...reasons].join(" "));
}

function reasonOf(element) {
  const label = element.closest(".field")?.querySelector("label")?.firstChild?.textContent.trim();
  return `${label ? `${label}: ` : ""}${element.textContent.trim()}.`;
}

function problem(form, text) {
  const box = document.createElement("div");
  box.className = "notice error";
  box.setAttribute("role", "alert");
  box.tabIndex = -1;
  box.textContent = text;
  form.querySelector("[data-problem]").replaceChildren(box);
  form.querySelector("[data-progress]").hidden = true;
  form.querySelector("[data-progress-words]").hidden = true;
  form.querySelector("[data-send]").disabled = false;
  box.scrollIntoView({ block: "center" });
  box.focus();
}
