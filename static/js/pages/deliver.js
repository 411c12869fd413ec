// Sending a recording in pieces: it shows how far it is, waits while the connection is away, and goes
// on where it stopped.

const RETRY_MS = [1000, 2000, 5000, 10000, 20000];
const page = document.getElementById("deliver");
const form = document.getElementById("deliver-form");
const byId = (id) => document.getElementById(id);
const token = document.querySelector('meta[name="csrf-token"]').content;
const pieceBytes = Number(page.dataset.piece);
let paused = false;

class Refusal extends Error {}

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** The answer as JSON. A refusal is an error that says why; a lost connection is tried again. */
async function ask(address, options) {
  for (let attempt = 0; ; attempt += 1) {
    const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)];
    let answer;
    try {
      answer = await fetch(address, { ...options, headers: { Accept: "application/json", "X-CSRFToken": token, ...options.headers } });
    } catch {
      say("The connection is away; it goes on by itself.");
      await pause(wait);
      continue;
    }
    if (answer.status === 429) {
      await pause(RETRY_MS.at(-1));
      continue;
    }
    const body = await answer.json().catch(() => null);
    if (answer.ok) return body;
    throw new Refusal(body?.detail ?? `The server answered with status ${answer.status}.`);
  }
}

const say = (words) => { byId("deliver-words").textContent = words; };

function showProblem(text) {
  const box = byId("deliver-problem");
  box.textContent = text;
  box.hidden = !text;
  if (text) box.focus();
}

function clockOffset() {
  const { clock, clock_minutes: minutes, clock_seconds: seconds } = form.elements;
  if (clock.value === "unknown") return null;
  if (clock.value === "right") return 0;
  const by = Number(minutes.value) * 60 + Number(seconds.value);
  return clock.value === "fast" ? by : -by;
}

async function send(file) {
  const announced = {
    camera_id: Number(form.elements.camera_id.value), file_name: file.name, size_bytes: file.size,
    shown_at: form.elements.shown_at.value, timezone: form.elements.timezone.value, clock_offset_s: clockOffset(),
  };
  let state = await ask(page.dataset.address, { method: "POST", body: JSON.stringify(announced), headers: { "Content-Type": "application/json" } });
  while (state.state === "arriving" && !paused) {
    const from = state.received_bytes;
    const piece = file.slice(from, from + pieceBytes);
    const isLast = from + piece.size >= file.size;
    byId("deliver-progress").querySelector("progress").value = from / file.size;
    say(isLast ? "Nearly there; the recording is being checked…" : `${megabytes(from)} of ${megabytes(file.size)} sent`);
    state = await ask(`${page.dataset.address}/${state.id}?offset=${from}`, { method: "PUT", body: piece, headers: { "Content-Type": "application/octet-stream" } });
  }
  return state;
}

function receipt(file, sha256) {
  const item = document.createElement("li");
  const icon = document.querySelector(".brand .icon").cloneNode(true);
  icon.firstElementChild.setAttribute("href", icon.firstElementChild.getAttribute("href").replace(/#.*/, "#check"));
  const text = document.createElement("span");
  text.className = "stack-tight";
  const [name, size, hash] = ["strong", "span", "code"].map((tag) => document.createElement(tag));
  name.textContent = file.name;
  [size.className, size.textContent] = ["small soft", megabytes(file.size)];
  [hash.className, hash.textContent] = ["tiny hash", `SHA-256 ${sha256}`];
  text.append(name, size, hash);
  item.append(icon, text);
  byId("receipts").append(item);
  byId("received-none").hidden = true;
  byId("finish").hidden = false;
}

const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 1 : 0)} MiB`;

form.elements.clock.addEventListener("change", () => {
  byId("clock-by").hidden = !["fast", "slow"].includes(form.elements.clock.value);
});

byId("deliver-stop").addEventListener("click", () => { paused = true; });

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = form.elements.file.files;
  showProblem("");
  if (!file) return showProblem("Choose a recording first.");
  if (!form.elements.shown_at.value) return showProblem("Say what the camera's clock shows when the file starts.");
  if (file.size > Number(page.dataset.most)) return showProblem(`The file is larger than ${megabytes(Number(page.dataset.most))}: export a shorter time, in several files.`);
  paused = false;
  byId("deliver-progress").hidden = false;
  byId("deliver-stop").hidden = false;
  byId("deliver-send").disabled = true;
  try {
    const state = await send(file);
    if (state.state === "received") {
      byId("deliver-progress").querySelector("progress").value = 1;
      say(`${file.name} has arrived. Send the next one, or say below that this is all.`);
      receipt(file, state.sha256);
      form.elements.file.value = "";
    } else {
      say("Paused. Press Send to go on.");
    }
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    byId("deliver-progress").hidden = true;
    showProblem(problem.message);
  } finally {
    byId("deliver-send").disabled = false;
    byId("deliver-stop").hidden = true;
  }
  return undefined;
});
