// A classic script in the head, so that the chosen theme holds before anything is painted.
(function () {
  const KEY = "lastseen-theme";
  const order = ["auto", "light", "dark"];

  function stored() {
    try {
      const value = localStorage.getItem(KEY);
      return order.includes(value) ? value : "auto";
    } catch {
      return "auto"; // storage may be switched off
    }
  }

  function apply(theme) {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  function next() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const shown = stored() === "auto" ? (dark ? "dark" : "light") : stored();
    const theme = shown === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, theme);
    } catch { /* the choice then lasts for this page */ }
    apply(theme);
    document.dispatchEvent(new CustomEvent("themechange"));
  }

  apply(stored());
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) next();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    document.dispatchEvent(new CustomEvent("themechange")));
})();
