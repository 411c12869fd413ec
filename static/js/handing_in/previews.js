// Chosen photos, small, each with a button that takes it out again. For a file input with the class
// `photo-input` and a list `data-previews` in the same form.

const MOST_PREVIEWS = 5;

/** Show what is chosen from now on; `shown(files, list)` may add to each item. */
export function startPreviews(form, shown = () => {}) {
  const input = form.elements.photos;
  const list = form.querySelector("[data-previews]");
  if (!input || !list) return;
  input.addEventListener("change", () => showPreviews(input, list, shown));
}

function showPreviews(input, list, shown) {
  for (const image of list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
  const files = [...input.files].slice(0, MOST_PREVIEWS);
  list.replaceChildren(...files.map((file) => preview(file, input)));
  list.hidden = !files.length;
  shown(files, list);
}

function preview(file, input) {
  const item = document.createElement("li");
  const image = document.createElement("img");
  image.src = URL.createObjectURL(file);
  image.alt = file.name;
  image.addEventListener("error", () => image.replaceWith(file.name));
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "button small";
  remove.textContent = "Remove";
  remove.addEventListener("click", () => {
    const rest = new DataTransfer();
    for (const other of input.files) if (other !== file) rest.items.add(other);
    input.files = rest.files;
    input.dispatchEvent(new Event("change"));
  });
  item.append(image, remove);
  return item;
}
