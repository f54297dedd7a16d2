"use strict";
// Colours the words of one line by what the chosen word of the other line saw, or was seen by. All weights are read from
// the table, so that the page holds them once.

const HINT = "Point at a word, or press Tab and the arrow keys, to see what it attends to.";
const MOST = 5;
const LEVELS = 20; // report.css has a class for each

for (const map of document.querySelectorAll(".map")) {
  const lines = {};
  for (const line of map.querySelectorAll(".line")) lines[line.dataset.side] = line;
  const tokens = { queries: [...lines.queries.children], keys: [...lines.keys.children] };
  const rows = [...map.querySelectorAll("tbody tr")];
  const heads = [...map.querySelectorAll("thead th")];
  const status = map.querySelector(".status");

  const pick = map.querySelector(".pick");
  const note = map.querySelector(".note"); // there is one wherever there are heads
  const meant = note && note.textContent;
  const mean = rows.map((row) => [...row.cells].slice(1).map((each) => [each.className, each.textContent]));

  const cell = (side, chosen, other) =>
    side === "queries" ? rows[chosen].cells[other + 1] : rows[other].cells[chosen + 1];

  function clear() {
    for (const token of [...tokens.queries, ...tokens.keys]) {
      token.className = token.classList.contains("special") ? "token special" : "token";
    }
    for (const marked of [...rows, ...heads]) marked.classList.remove("chosen");
    status.textContent = HINT;
  }

  function choose(side, chosen) {
    clear();
    const others = tokens[side === "queries" ? "keys" : "queries"];
    const seen = others.map((token, other) => {
      const found = cell(side, chosen, other);
      token.classList.add(found.className);
      return { text: token.textContent, percent: Number(found.textContent) };
    });
    tokens[side][chosen].classList.add("chosen");
    (side === "queries" ? rows : heads)[chosen].classList.add("chosen");
    const most = seen.filter((entry) => entry.percent > 0).sort((a, b) => b.percent - a.percent).slice(0, MOST);
    const listed = most.map((entry) => `${isolated(entry.text)} ${entry.percent} %`).join(", ") || "nothing";
    const verb = side === "queries" ? "attends to" : "is attended to by";
    status.textContent = `${isolated(tokens[side][chosen].textContent)} ${verb} ${listed}`;
  }

  // A word of another direction must not turn the sentence around it.
  function isolated(text) {
    return `“\u2068${text}\u2069”`;
  }

  // One head in place of the mean; its colours are as dark as its own weights allow.
  function show(option) {
    const { digits, top } = option.dataset;
    note.textContent = digits === undefined ? meant : `(${option.textContent}, darkest at ${Math.round(100 * top)}%)`;
    mean.forEach((row, query) => row.forEach((shown, key) => {
      const at = 3 * (query * row.length + key);
      const percent = digits === undefined ? 0 : Number(digits.slice(at, at + 3));
      const level = Math.round(Math.min(percent / 100 / Number(top), 1) * LEVELS);
      const [name, text] = digits === undefined ? shown : [`w${level}`, percent === 0 ? "" : String(percent)];
      const found = rows[query].cells[key + 1];
      found.className = name;
      found.textContent = text;
    }));
    rest();
  }

  function rest() {
    const held = document.activeElement;
    for (const side of ["queries", "keys"]) {
      const index = tokens[side].indexOf(held);
      if (index >= 0) return choose(side, index);
    }
    clear();
  }

  function listen(side) {
    const line = lines[side];
    const words = tokens[side];
    words.forEach((word, index) => {
      word.tabIndex = index === 0 ? 0 : -1; // one stop of Tab for each line, arrows within it
      word.addEventListener("pointerenter", () => choose(side, index));
      word.addEventListener("focus", () => {
        words.forEach((each) => { each.tabIndex = each === word ? 0 : -1; });
        choose(side, index);
      });
      word.addEventListener("blur", clear);
    });
    line.addEventListener("pointerleave", rest);
    line.addEventListener("keydown", (event) => {
      const index = words.indexOf(document.activeElement);
      const forward = getComputedStyle(line).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
      const backward = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
      const target = { [forward]: index + 1, [backward]: index - 1, Home: 0, End: words.length - 1 }[event.key];
      if (index < 0 || words[target] === undefined) return;
      event.preventDefault();
      words[target].focus();
    });
  }

  if (pick) {
    const select = pick.querySelector("select");
    pick.hidden = false;
    select.addEventListener("change", () => show(select.selectedOptions[0]));
  }
  listen("queries");
  listen("keys");
  rows.forEach((row, index) => {
    row.addEventListener("pointerenter", () => choose("queries", index));
    row.addEventListener("pointerleave", rest);
  });
  clear();
}
