// d: [{share, before, after, accuracy: one a seed, curves: [seed][update]}]. s: dose.
const at = d.findIndex((one) => `${g.num(100 * one.share, 0)} %` == s.dose), now = d[at];
const left = 44, right = g.w - 16, column = (right - left) / d.length, Y = (v) => 138 - 108 * v;
g.el("text", { x: 0, y: 13 }, g.w >= 500 ? "share of answers that check, after RL (grey: before)" : "answers that check, after RL (grey: before)");
g.el("rect", { x: left + column * at, y: 22, width: column, height: 138, class: "p" });
for (const v of [0, 0.5, 1]) {
  g.el("line", { x1: left, x2: right, y1: Y(v), y2: Y(v), class: "g" });
  g.el("text", { x: 36, y: Y(v) + 5, "text-anchor": "end", class: "m" }, g.num(v, 1));
}
d.forEach((one, i) => {
  const middle = left + column * (i + 0.5), n = one.after.length;
  one.after.forEach((v, k) => {
    const x = middle + (k - (n - 1) / 2) * Math.min(14, column / (n + 1));
    g.el("line", { x1: x - 4, x2: x + 4, y1: Y(one.before[k]), y2: Y(one.before[k]), class: "h", "stroke-width": 2 });
    g.el("circle", { cx: x, cy: Y(v), r: 5, class: v > 0.5 ? "a" : "b" });
  });
  g.el("text", { x: middle, y: 154, "text-anchor": "middle", class: "m" }, `${g.num(100 * one.share, 0)} %`);
});
const last = now.curves[0].length - 1, X = (i) => left + ((right - left) * i) / last, Z = (v) => 290 - 90 * v;
g.el("text", { x: 0, y: 188 }, `the way there at ${s.dose}, every seed`);
for (const v of [0, 0.5, 1]) {
  g.el("line", { x1: left, x2: right, y1: Z(v), y2: Z(v), class: "g" });
  g.el("text", { x: 36, y: Z(v) + 5, "text-anchor": "end", class: "m" }, g.num(v, 1));
}
now.curves.forEach((curve, k) => {
  const points = curve.map((v, i) => `${X(i)},${Z(v)}`).join(" ");
  g.el("polyline", { points, class: now.after[k] > 0.5 ? "la" : "lb" });
});
g.el("text", { x: right, y: 312, "text-anchor": "end", class: "m" }, `RL step ${last}`);
g.el("text", { x: left, y: 312, class: "m" }, 0);
const percent = (values) => {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((v) => g.num(100 * v, 0));
  return low == high ? `${low} %` : `${low} to ${high} %`;
};
const taken = now.after.filter((v) => v > 0.5).length;
return `${g.num(100 * now.share, 0)} % of the web's pages check. Before RL ${percent(now.before)} of the answers ` +
  `check, after it ${percent(now.after)}. Checking takes over in ${taken} of ${now.after.length} seeds; pass@1 ` +
  `${g.num(Math.min(...now.accuracy))} to ${g.num(Math.max(...now.accuracy))}.`;
