"use strict";
const field = document.getElementById("search");
if (field) {
  const rows = [...document.querySelectorAll("#rows tbody tr")];
  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    document.querySelector("output").textContent = `${shown} of ${rows.length}`;
  };
  field.closest("p").hidden = false;
  field.addEventListener("input", show);
  show();
}
