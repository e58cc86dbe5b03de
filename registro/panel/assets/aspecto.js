// Light or dark: what the reader chose, else what the system says. A classic script, so that no wrong colour flashes.
"use strict";
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try { chosen = localStorage.getItem("sala-aspecto"); } catch { /* a browser without storage follows the system */ }
  const show = () => { root.dataset.theme = chosen || (system.matches ? "dark" : "light"); };
  show();
  system.addEventListener("change", show);
  globalThis.salaToggleTheme = () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("sala-aspecto", chosen); } catch { /* it lasts until the page is left */ }
    show();
  };
})();
