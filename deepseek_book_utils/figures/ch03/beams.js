// d: right, names, searches by width [{kept: [step][[word, parent]], words, text, log_prob}]. s: width.
const one = d.searches[s.width - 1], steps = Math.max(...d.searches.map((o) => Math.max(o.kept.length, o.words.length)));
const left = 26, top = 44, wide = (g.w - left - 30) / Math.max(1, steps - 1), row = 44, short = wide < 52;
const X = (t) => left + wide * t, Y = (r) => top + row * r, place = new Map();
g.el("text", { x: 0, y: 14, class: "m" }, g.w >= 520 ? "a column: the beginnings that are kept after this word; blue: the way to the answer" : "blue: the way to the answer");
let way = 0;
const path = one.kept.map((rows, t) => {
  const at = rows.findIndex(([word, parent]) => word == one.words[t] && (t == 0 || parent == way));
  if (at >= 0) way = at;
  return at;
});
one.kept.forEach((rows, t) => rows.forEach(([, parent], r) => {
  if (!t) return;
  const on = path[t] == r && path[t - 1] == parent;
  g.el("line", { x1: X(t - 1), y1: Y(parent), x2: X(t), y2: Y(r), class: on ? "la" : "h" });
}));
one.kept.forEach((rows, t) => rows.forEach(([word], r) => {
  const name = d.names[word], shown = short && name.length > 5 ? name.slice(0, 4) + "…" : name;
  g.el("circle", { cx: X(t), cy: Y(r), r: path[t] == r ? 5 : 3, class: path[t] == r ? "a" : "k" });
  g.el("text", { x: X(t), y: Y(r) + (t % 2 && short ? -8 : 19), "text-anchor": "middle", class: path[t] == r ? "" : "m" }, shown);
}));
let asked = 1;
for (const rows of one.kept) asked += rows.length;
return `Width ${s.width}: the search asks for ${asked} next words. It writes ${one.text}, with log-probability ${g.num(one.log_prob)}: ` +
  `${one.text == d.right ? "right" : "wrong"}.`;
