/* Show rows and blocks of one state. Without this script everything is shown. */
"use strict";
const box = document.querySelector(".filter");
const status = box.querySelector("[role=status]");
const items = document.querySelectorAll("main [data-state]");
box.hidden = false;
box.addEventListener("click", (event) => {
  const chosen = event.target.closest("button");
  if (!chosen) return;
  const wanted = chosen.dataset.filter;
  let shown = 0;
  for (const button of box.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === chosen));
  for (const item of items) {
    item.hidden = Boolean(wanted) && item.dataset.state !== wanted;
    if (!item.hidden) shown += 1;
  }
  status.textContent = wanted ? `${shown} of ${items.length} entries shown` : "";
});
