// d: plain, bands {name: [least, middle, most]}, each a power of ten per step. s: remedy, rate.
const all = [d.plain, s.remedy], T = d.bands[d.plain][1].length, low = -18, high = 4;
const left = 58, right = g.w - 8, top = 34, foot = 262;
const X = (t) => left + ((right - left) * t) / (T - 1), Y = (v) => top + ((high - Math.max(low, Math.min(high, v))) * (foot - top)) / (high - low);
for (let v = low; v <= high; v += 2) {
  g.el("line", { x1: left, x2: right, y1: Y(v), y2: Y(v), class: "g" });
  if (v % 4 == 0) g.el("text", { x: left - 6, y: Y(v) + 4, "text-anchor": "end", class: "m" }, g.power(v));
}
g.el("text", { x: 0, y: 14, class: "m" }, g.w >= 520 ? "orange, dashed: plain; blue: the remedy; green, dotted: the factor" : "dashed: plain; dotted: factor");
for (const t of [0, (T - 1) / 2 | 0, T - 1]) g.el("text", { x: X(t), y: foot + 18, "text-anchor": t == T - 1 ? "end" : "middle", class: "m" }, `${T - 1 - t}`);
g.el("text", { x: (left + right) / 2, y: foot + 38, "text-anchor": "middle", class: "m" }, "steps before the loss");
all.forEach((name, i) => {
  const [least, middle, most] = d.bands[name], there = least.map((v, t) => `${X(t)},${Y(v)}`), back = most.map((v, t) => `${X(t)},${Y(v)}`).reverse();
  g.el("polygon", { points: [...there, ...back].join(" "), class: i ? "a" : "b", "fill-opacity": 0.2 });
  g.el("polyline", { points: middle.map((v, t) => `${X(t)},${Y(v)}`).join(" "), class: i ? "la" : "lb" });
});
g.el("polyline", { points: d.bands[d.plain][1].map((_, t) => `${X(t)},${Y((T - 1 - t) * Math.log10(s.rate))}`).join(" "), class: "lc" });
const at = (name) => g.num(d.bands[name][1][0], 1);
return `${T - 1} steps back, 10 to the power ${at(d.plain)} of the gradient is left in the plain network, and 10 to the power ` +
  `${at(s.remedy)} with this remedy: ${s.remedy}. A factor of ${g.num(s.rate)} at each step would leave 10 to the power ` +
  `${g.num((T - 1) * Math.log10(s.rate), 1)}.`;
