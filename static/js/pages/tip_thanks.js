// The thanks for a tip: number and secret word are copied with one tap.

startCopying();

/** Whoever goes on without having the secret word cannot come back. */
export function startCopying() {
  const button = document.querySelector("[data-copy-secret]");
  if (!button || !navigator.clipboard) return; // without encryption there is no clipboard
  button.hidden = false;
  button.addEventListener("click", async () => {
    const [number, secret] = ["[data-tip-number]", "[data-tip-secret]"].map((one) => document.querySelector(one).textContent);
    await navigator.clipboard.writeText(`Tip ${number}, secret word ${secret}`);
    button.lastChild.textContent = " Copied";
  });
}
