"use strict";
// Colours the words of a document by what they said, or by another view of them, as its buttons say.

for (const shown of document.querySelectorAll("details")) {
  const pick = shown.querySelector(".pick");
  if (!pick) continue; // there is no other view
  const words = [...shown.querySelectorAll(".word")];
  const said = words.map((word) => [word.className, word.title]);
  pick.hidden = false;
  pick.addEventListener("change", (event) => {
    words.forEach((word, index) => {
      const view = event.target.value && word.dataset[event.target.value].split("|");
      [word.className, word.title] = view ? [`word ${view[0]}`, view[1]] : said[index];
    });
  });
}
