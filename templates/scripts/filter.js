/* Show entries of one state or with some words, go from one to the next by keys, and keep links whole.
   An entry is whatever has a state: a finding, a control, a part of a population, a row. Without this script everything
   is shown. An address ending in #find=WORDS or #state=STATE opens the report so. */
"use strict";
const box = document.querySelector(".filter");
const status = box.querySelector("[role=status]");
const find = box.querySelector("#find");
const keys = box.querySelector("#keys");
const buttons = [...box.querySelectorAll("button")];
const items = [...document.querySelectorAll("main [data-state]")];
const states = new Set(items.map((item) => item.dataset.state));
let state = "";
let coming = [];
let frame = 0;
let texts; // lower case, worked out when somebody searches for the first time

/* A report without entries has nothing to search, and a state that no entry has nothing to show. */
box.hidden = items.length === 0;
for (const button of buttons) button.hidden = button.dataset.filter !== "" && !states.has(button.dataset.filter);

function words() {
  return find.value.toLowerCase().split(/\s+/).filter(Boolean);
}

function show() {
  const wanted = words();
  if (wanted.length && !texts) texts = items.map((item) => `${item.id} ${item.textContent}`.toLowerCase());
  const fits = (item, at) =>
    !(state && item.dataset.state !== state) && wanted.every((word) => texts[at].includes(word));
  const kept = new Set(items.filter(fits));
  for (const item of items) if (!kept.has(item)) item.hidden = true;
  coming = [...kept].filter((item) => item.hidden);
  cancelAnimationFrame(frame);
  more();
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.filter === state));
  status.textContent = state || wanted.length ? `${kept.size} of ${items.length} entries shown` : "";
}

/* Entries that come back are laid out a few hundred a frame, so that the answer to a key never waits for thousands. */
function more() {
  for (const item of coming.splice(0, 200)) item.hidden = false;
  if (coming.length) frame = requestAnimationFrame(more);
}

function everything() {
  state = "";
  find.value = "";
  show();
}

/* Follow the address: a search, a state, or an entry, which is shown even if it was filtered out. */
function follow() {
  const told = new URLSearchParams(location.hash.slice(1));
  if (told.has("find") || told.has("state")) {
    find.value = told.get("find") || "";
    state = buttons.some((button) => button.dataset.filter === told.get("state")) ? told.get("state") : "";
    show();
    return;
  }
  const target = document.querySelector(":target");
  const entry = target?.closest("[hidden]");
  if (entry) {
    everything();
    entry.hidden = false;
    target.scrollIntoView();
  }
}

/* Go to the next or previous entry that is shown, from the one that has the focus or from what is in view. */
function go(step) {
  const seen = items.filter((item) => !item.hidden);
  const here = seen.indexOf(document.activeElement?.closest("[data-state]"));
  const first = seen.findIndex((item) => item.getBoundingClientRect().top >= 0);
  const next = seen[here < 0 ? Math.max(step > 0 ? first : first - 1, 0) : here + step];
  if (!next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

box.addEventListener("click", (event) => {
  const chosen = event.target.closest("button");
  if (!chosen) return;
  state = chosen.dataset.filter;
  show();
});
find.addEventListener("input", show);
addEventListener("hashchange", follow);
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && (state || find.value)) everything();
  else if (event.key === "Escape") document.activeElement?.blur();
  if (box.hidden || !keys.checked || event.target.matches("input[type=search]")) return;
  if (event.key === "/") find.focus();
  else if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
  else return;
  event.preventDefault();
});
follow();

/* What is wider than a narrow window is moved by keys as well: it takes the focus while there is something to move. */
const wide = [...document.querySelectorAll("main .part, main .wide:not([tabindex])")];
function reachable() {
  for (const item of wide) {
    if (item.scrollWidth > item.clientWidth) item.tabIndex = 0;
    else item.removeAttribute("tabindex");
  }
}
addEventListener("resize", reachable);
reachable();
