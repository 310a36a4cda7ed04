// Runs before the first paint so that the page never flashes in the wrong theme.
// It is a file of its own because the content security policy allows no inline script.
(() => {
  const root = document.documentElement;
  let look = {};
  try {
    look = JSON.parse(localStorage.getItem("livos.look") || "{}") || {};
  } catch {
    // Storage can be blocked; the defaults below are fine then.
  }
  const dark =
    look.theme === "dark" || (look.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "dark" : "light";
  root.dataset.wallpaper = typeof look.wallpaper === "string" ? look.wallpaper : "shore";
  if ([112, 125, 150].includes(look.text_size)) root.style.fontSize = `${look.text_size}%`;
  if (look.reduce_motion) root.dataset.motion = "reduce";
  if (look.reduce_transparency) root.dataset.transparency = "reduce";
})();
