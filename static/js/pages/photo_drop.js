// Photos are dropped or chosen, several at once; each is checked by itself, and a refused one is
// shown with what was found marked in it.

const zone = document.querySelector("[data-photo-drop]");
const result = document.getElementById("photo-result");

if (zone) {
  const input = zone.querySelector("input[type=file]");
  for (const kind of ["dragover", "dragenter"]) {
    zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    sendAll([...event.dataTransfer.files]);
  });
  zone.addEventListener("submit", (event) => {
    event.preventDefault();
    sendAll([...input.files]);
  });
}

async function sendAll(files) {
  result.replaceChildren();
  if (!files.length) {
    show("error", "Choose a photo first.");
    return;
  }
  zone.classList.add("busy");
  let added = 0;
  for (const file of files) added += await sendOne(file);
  zone.classList.remove("busy");
  if (added === files.length) location.reload();
  else if (added) await showGallery(`${added} of ${files.length} photos were added to the gallery.`);
}

/** The gallery as it is now, below what was said of the refused photos, which stays. */
async function showGallery(words) {
  show("success", words);
  const answer = await fetch(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-gallery]");
  if (answer.ok && fresh) document.querySelector("[data-gallery]").replaceWith(fresh);
  else location.reload();
}

async function sendOne(file) {
  const body = new FormData();
  body.append("photo", file);
  body.append("taken", zone.elements.taken.value);
  body.append("artificial", String(zone.elements.artificial.checked));
  const headers = { Accept: "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content };
  try {
    const answer = await fetch(zone.dataset.photoDrop, { method: "POST", body, headers });
    if (answer.ok) return 1;
    const problem = await answer.json();
    show("error", [`${file.name}: ${problem.detail}`, ...Object.values(problem.errors ?? {})].join(" "), problem.marked_jpeg_base64);
  } catch {
    show("error", `${file.name}: the server does not answer; try again.`);
  }
  return 0;
}

function show(kind, text, markedJpeg = "") {
  const box = document.createElement("div");
  box.className = `notice ${kind}`;
  box.setAttribute("role", kind === "error" ? "alert" : "status");
  const words = document.createElement("div");
  words.className = "stack";
  words.append(text);
  if (markedJpeg) {
    const picture = document.createElement("img");
    picture.className = "marked-photo";
    picture.alt = "The refused photo with what was found marked in it";
    picture.src = `data:image/jpeg;base64,${markedJpeg}`;
    words.append(picture);
  }
  box.append(words);
  result.append(box);
}
