// Fetches the same page every second and puts its live parts in place of the old ones.
// A part that holds the focus is left alone, so that nothing moves under a keyboard.
"use strict";

const PERIOD_MS = 1000;
const pause = document.getElementById("pause");
let paused = false;

async function refresh() {
  if (paused || document.hidden) return;
  let text;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) return;
    text = await answer.text();
  } catch {
    return; // the sandbox has stopped; the page stays as it was
  }
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const renewed = fresh.getElementById(part.id);
    const untouched = !part.contains(document.activeElement);
    if (renewed && untouched && part.innerHTML !== renewed.innerHTML) {
      const region = part.querySelector(".scroll");
      const left = region ? region.scrollLeft : 0;
      part.replaceChildren(...renewed.childNodes);
      const next = part.querySelector(".scroll");
      if (next) next.scrollLeft = left;
    }
  }
}

async function keepRefreshing() {
  await refresh();
  setTimeout(keepRefreshing, PERIOD_MS);
}

pause.hidden = false;
pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
});
setTimeout(keepRefreshing, PERIOD_MS);
