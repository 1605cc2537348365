// d: shares [seed][r - 1], outputs, inputs. s: rank.
const n = d.shares[0].length, r = +s.rank, left = 48, right = g.w - 8, top = 12, foot = 226;
const X = (v) => left + ((right - left) * (v - 1)) / (n - 1), Y = (v) => foot - (foot - top) * v;
for (const v of [0, 0.25, 0.5, 0.75, 1]) {
  g.el("line", { x1: left, x2: right, y1: Y(v), y2: Y(v), class: "g" });
  g.el("text", { x: left - 6, y: Y(v) + 4, "text-anchor": "end", class: "m" }, `${100 * v} %`);
}
for (let v = 8; v <= n; v += 8) g.el("text", { x: X(v), y: foot + 18, "text-anchor": "middle", class: "m" }, v);
g.el("text", { x: right, y: foot + 38, "text-anchor": "end", class: "m" }, "rank r");
for (const curve of d.shares) g.el("polyline", { points: curve.map((v, i) => `${X(i + 1)},${Y(v)}`).join(" "), class: "la", style: "stroke-width:1.5", opacity: 0.5 });
const mean = d.shares.reduce((sum, curve) => sum + curve[r - 1], 0) / d.shares.length, trained = r * (d.outputs + d.inputs), whole = d.outputs * d.inputs;
g.el("line", { x1: X(r), x2: X(r), y1: top, y2: foot, class: "h" });
g.el("circle", { cx: X(r), cy: Y(mean), r: 6, class: "b" });
return `r = ${r}: the first ${r} ${r == 1 ? "direction holds" : "directions hold"} ${g.num(100 * mean, 1)} % of the change. LoRA of this rank trains ` +
  `${trained.toLocaleString("en-US")} numbers a matrix, ${g.num((100 * trained) / whole, 1)} % of its ${whole.toLocaleString("en-US")}.`;
