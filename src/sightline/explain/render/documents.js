"use strict";
// Colours the words of a document by what they said, or by the attention to them, as its two buttons say.

for (const shown of document.querySelectorAll("details")) {
  const pick = shown.querySelector(".pick");
  if (!pick) continue; // there is no attention to show
  const words = [...shown.querySelectorAll(".word")];
  const said = words.map((word) => [word.className, word.title]);
  pick.hidden = false;
  pick.addEventListener("change", (event) => {
    words.forEach((word, index) => {
      const { seen, weight } = word.dataset;
      [word.className, word.title] = event.target.value === "attention" ? [`word ${seen}`, weight] : said[index];
    });
  });
}
