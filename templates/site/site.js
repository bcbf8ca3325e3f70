"use strict";
// Files of rows are scripts, which load from a disk as well as from a server; each hands over its rows here.
const shards = new Map();
const netattest = {
  take(shard) {
    shards.set(decodeURI(document.currentScript.src).split("/").pop(), shard);
  },
};
const MOST = 200;
const split = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

function loaded(name) {
  return new Promise((done) => {
    const script = document.createElement("script");
    script.src = name;
    script.onload = script.onerror = () => { script.remove(); done(shards.get(name)); };
    document.head.append(script);
  });
}

/* Rows of a shard that have all words, as lists of cells; the last cell's link leads to the finding. */
const found = {
  paths(shard, words, out) {
    const has = (texts) => words.map((word) => texts.map((text) => text.toLowerCase().includes(word)));
    const names = has(shard.names), facts = has(shard.facts.map((fact) => fact.join(" "))), own = has([shard.cluster]);
    let count = 0;
    for (const [from, to, fact] of shard.rows) {
      if (!words.every((_, n) => names[n][from] || names[n][to] || facts[n][fact] || own[n][0])) continue;
      count += 1;
      if (out.length < MOST) out.push([[shard.names[from]], [shard.names[to]], ...shard.facts[fact].map((text) => [text])]);
    }
    return count;
  },
  findings(shard, words, out) {
    let count = 0;
    for (const [severity, opened, check, subject, says, mark] of shard.rows) {
      const text = [shard.cluster, severity, opened, check, subject, says].join(" ").toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
      count += 1;
      if (out.length < MOST) out.push([[severity], [opened], [says, `${shard.page}#f-${mark}`], [check]]);
    }
    return count;
  },
};

function cell(text, link) {
  const td = document.createElement("td");
  if (link === undefined) { td.textContent = text; return td; }
  const a = document.createElement("a");
  a.href = link;
  a.textContent = text;
  td.append(a);
  return td;
}

function told(section, result) {
  const body = section.querySelector("tbody");
  body.replaceChildren(...result.rows.map(([shard, cells]) => {
    const tr = document.createElement("tr");
    tr.append(cell(shard.cluster, shard.page), ...cells.map(([text, link]) => cell(text, link)));
    for (const td of tr.children) if (/^\d{4}-\d\d-\d\d$/.test(td.textContent)) td.className = "day";
    return tr;
  }));
  section.querySelector(".wide").hidden = result.rows.length === 0;
  const notes = section.querySelector(".notes");
  notes.replaceChildren(...result.notes.map((text) => {
    const li = document.createElement("li");
    li.textContent = text;
    return li;
  }));
  notes.hidden = result.notes.length === 0;
  section.querySelector("output").textContent = result.says;
}

function result(kind, all, words, missing) {
  const rows = [], notes = new Set();
  let count = 0, total = 0;
  for (const shard of all) {
    const out = [];
    count += found[kind](shard, words, out);
    total += shard.rows.length;
    for (const cells of out) if (rows.length < MOST) rows.push([shard, cells]);
    for (const note of shard.notes ?? []) notes.add(`${shard.cluster}: ${note}`);
    if (shard.cut) notes.add(`${shard.cluster}: the list ends here, there are more paths; netattest reach --cluster lists all`);
  }
  if (missing) notes.add(`${missing} file(s) of rows could not be loaded: what they hold was not searched`);
  const shown = count > rows.length ? `, the first ${rows.length} are shown` : "";
  return { rows, notes: [...notes], says: `${count} of ${total} rows${shown}` };
}

function finder(section) {
  const field = section.querySelector("input"), output = section.querySelector("output");
  const names = section.dataset.shards.split(" ").filter(Boolean);
  let all = null, timer = 0;
  const show = async () => {
    const words = split(field.value);
    if (words.length === 0) { told(section, { rows: [], notes: [], says: "" }); return; }
    if (all === null) {
      output.textContent = "loading …";
      all = Promise.all(names.map(loaded));
    }
    const got = await all, there = got.filter(Boolean);
    told(section, result(section.dataset.kind, there, split(field.value), got.length - there.length));
  };
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 150); });
  section.querySelector(".search").hidden = false;
}

function table(field) {
  const rows = [...document.querySelectorAll("#rows tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);
  const show = () => {
    const words = split(field.value);
    let shown = 0;
    for (const [row, text] of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    field.parentElement.querySelector("output").textContent = words.length ? `${shown} of ${rows.length} findings` : "";
  };
  /* A link to a finding shows it, even if a search had filtered it out. */
  const follow = () => {
    const target = document.querySelector("#rows tr:target");
    if (!target?.hidden) return;
    field.value = "";
    show();
    target.scrollIntoView();
  };
  field.closest("p").hidden = false;
  field.addEventListener("input", show);
  addEventListener("hashchange", follow);
  show();
  follow();
}

/* Not every browser empties a search at Escape. */
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !event.target.matches("input[type=search]") || !event.target.value) return;
  event.target.value = "";
  event.target.dispatchEvent(new Event("input"));
  event.preventDefault();
});
document.querySelectorAll(".finder").forEach(finder);
document.querySelectorAll("#search").forEach(table);
