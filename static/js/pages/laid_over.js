// What the server shows now, laid over what the page shows. Elements that stay remain the same elements: a press
// that has just begun, the focus, an opened menu and typed words outlive it, and nothing is built anew that did
// not change. A form that somebody has begun to fill in is left as it is.

import { Idiomorph } from "../../vendor/idiomorph/idiomorph.esm.js";

const SETTINGS = {
  callbacks: {
    beforeNodeMorphed: (shown) => !(shown instanceof HTMLFormElement && isChanged(shown)),
    beforeAttributeUpdated: (name, shown) => !(name === "open" && shown instanceof HTMLDetailsElement),
  },
};

export function layOver(shown, fresh) {
  Idiomorph.morph(shown, fresh, SETTINGS);
}

/** What the server answers at an address now, parsed; null where it does not, and the next round tries again. */
export async function fetchPage(address = location.href) {
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}

/** Whether somebody is choosing or typing in a part of the page. */
export function isFilledIn(part) {
  const { activeElement: active } = document;
  return Boolean(part.querySelector("details.menu[open]")) || (part.contains(active) && active.matches("input, select, textarea"));
}

/** Whether a form says something else than when the server made it. */
function isChanged(form) {
  return [...form.elements].some((control) => {
    if (control instanceof HTMLSelectElement) return control.selectedIndex !== Math.max(0, [...control.options].findIndex((option) => option.defaultSelected));
    if (["checkbox", "radio"].includes(control.type)) return control.checked !== control.defaultChecked;
    return control.type !== "hidden" && "defaultValue" in control && control.value !== control.defaultValue;
  });
}
