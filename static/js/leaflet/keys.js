// Keys of the case map. They are silent while something is being typed or a dialog is open.

const TYPING = "input:not([type=checkbox]):not([type=range]), textarea, select, [contenteditable]";

/** `actions` maps a key (lower case) to what it does. */
export function listenToKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.matches?.(TYPING) || document.querySelector("dialog[open]")) return;
    const action = actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
