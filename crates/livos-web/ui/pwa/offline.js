// The page that the service worker shows when the server does not answer. TEXTS comes from the build.
const language = navigator.languages
  .map((wanted) => wanted.toLowerCase().split("-")[0] ?? "")
  .find((wanted) => wanted in TEXTS);
const texts = { ...TEXTS.en, ...TEXTS[language] };
document.documentElement.lang = language ?? "en";
for (const element of document.querySelectorAll("[data-text]"))
  element.textContent = texts[element.dataset.text];
document.title = texts.title;

const tried = document.querySelector("#tried");
let wait = 2_000;
let timer;

async function attempt() {
  clearTimeout(timer);
  try {
    const response = await fetch("/api/v1/health", { cache: "no-store", signal: AbortSignal.timeout(4_000) });
    // The address is still the one that was asked for.
    if (response.ok) return location.reload();
  } catch {
    // Still no answer.
  }
  const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" }).format(new Date());
  tried.textContent = texts.tried.replace("{{time}}", time);
  timer = setTimeout(attempt, wait);
  wait = Math.min(wait * 1.5, 15_000);
}

function now() {
  wait = 2_000;
  void attempt();
}

document.querySelector("#again").addEventListener("click", now);
addEventListener("online", now);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && now());
timer = setTimeout(attempt, wait);
