// d: words, moved {mask: [changed][prediction]}. s: word, mask.
const rows = d.moved[s.mask], n = d.words.length, left = 92, top = 44, cell = 26, wide = Math.min(56, (g.w - left - 40) / n);
const most = Math.max(...rows.flat());
g.el("text", { x: 0, y: 14, class: "m" }, g.w >= 520 ? "row: the word that is replaced; column: the prediction after this word" : "row: replaced; column: prediction");
d.words.forEach((word, i) => g.el("text", { x: left + wide * (i + 0.5), y: top - 8, "text-anchor": "middle", class: "m" }, `${i + 1}`));
rows.forEach((row, r) => {
  const y = top + cell * r, on = r == s.word - 1;
  if (on) g.el("rect", { x: 0, y, width: left + wide * n + 4, height: cell, class: "p" });
  g.el("text", { x: left - 8, y: y + 18, "text-anchor": "end", class: on ? "" : "m" }, `${r + 1} ${d.words[r]}`);
  row.forEach((v, c) => {
    g.el("rect", { x: left + wide * c + 2, y: y + 3, width: wide - 4, height: cell - 6, rx: 3, class: v > 0 ? (c < r ? "b" : "a") : "g", fill: "none", "fill-opacity": v > 0 ? (on ? 1 : 0.25) * (0.25 + 0.75 * Math.sqrt(v / most)) : 0, stroke: on ? "currentColor" : "none" });
  });
});
g.handle("word", left + wide * n + 20, top + cell * (s.word - 0.5), (p) => (p.y - top) / cell + 0.5);
g.el("text", { x: 0, y: top + cell * n + 24, class: "m" }, g.w >= 520 ? "filled: it moves; orange: a prediction before the word moves, too" : "filled: it moves");
const row = rows[s.word - 1], moved = (list) => list.filter((v) => v > 0).length;
return `Mask: ${s.mask}. Word ${s.word} (${d.words[s.word - 1]}) is replaced. Of ${s.word - 1} predictions before it ` +
  `${moved(row.slice(0, s.word - 1))} move; of the ${n - s.word + 1} from it on ${moved(row.slice(s.word - 1))} move, at most by ${g.num(Math.max(...row), 1)}.`;
