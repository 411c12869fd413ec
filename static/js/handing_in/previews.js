// Chosen photos, small, each with a button that takes it out again. For a file input with the class
// `photo-input`, a list `data-previews` and a paragraph `data-photo-words` in the same form; the input's
// `data-most` says how many are taken. What is chosen later is added: phones give one photo at a time.

import { kindOf, whyNot } from "./photo_kinds.js";

const looking = new WeakMap(); // form: what was chosen last is being looked at

/** When it is known which of the chosen files can be sent. */
export function settled(form) {
  return looking.get(form);
}

/** Show what is chosen from now on; `shown(files, list)` may add to each item. */
export function startPreviews(form, shown = () => {}) {
  const input = form.elements.photos;
  const list = form.querySelector("[data-previews]");
  if (!input || !list) return;
  const words = form.querySelector("[data-photo-words]");
  let chosen = [];
  const show = (said = []) => {
    hold(input, chosen);
    for (const image of list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    list.replaceChildren(...chosen.map((file) => preview(file, () => {
      chosen = chosen.filter((other) => other !== file);
      show();
    })));
    list.hidden = !chosen.length;
    words.textContent = said.join(" ");
    words.hidden = !said.length;
    shown([...input.files], list);
  };
  input.addEventListener("change", () => looking.set(form, take()));
  async function take() {
    const fresh = [...input.files].filter((file) => !chosen.some((held) => isSame(held, file)));
    hold(input, chosen); // until it is known what the others are
    const kinds = await Promise.all(fresh.map(kindOf));
    const said = fresh.map((file, index) => whyNot(file, kinds[index])).filter(Boolean);
    const usable = fresh.filter((file, index) => !whyNot(file, kinds[index]));
    const most = Number(input.dataset.most);
    const all = [...chosen, ...usable];
    if (all.length > most) said.push(`At most ${most} photos can be sent at once: the first ${most} are kept.`);
    chosen = all.slice(0, most);
    show(said);
  }
}

function hold(input, files) {
  const held = new DataTransfer();
  for (const file of files) held.items.add(file);
  input.files = held.files;
}

function isSame(one, other) {
  return one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
}

function preview(file, takeOut) {
  const item = document.createElement("li");
  const image = document.createElement("img");
  image.src = URL.createObjectURL(file);
  image.alt = file.name;
  image.addEventListener("error", () => image.replaceWith(file.name));
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "button small";
  remove.textContent = "Remove";
  remove.addEventListener("click", takeOut);
  item.append(image, remove);
  return item;
}
