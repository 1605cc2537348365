// d: [{step, edges, counts}] of real ratios. s: rho, epsilon, advantage, step (if there is more than one histogram).
const A = s.advantage[0] == "r" ? 1 : -1, eps = +s.epsilon, low = 1 - eps, high = 1 + eps, most = 2.5;
const objective = (x) => Math.min(x * A, Math.max(low, Math.min(high, x)) * A);
const dead = (x) => (A > 0 ? x > high : x < low);
const x = (r) => 40 + ((g.w - 56) * r) / most, y = (v) => (A > 0 ? 165 - 58 * v : 20 - 58 * v), floor = 268;

// where the gradient is zero
const from = A > 0 ? Math.min(high, most) : 0, to = A > 0 ? most : Math.max(low, 0);
if (to > from) {
  g.el("rect", { x: x(from), y: 8, width: x(to) - x(from), height: floor - 8, class: "p" });
  g.el("text", { x: x((from + to) / 2), y: A > 0 ? 158 : 164, "text-anchor": "middle", class: "m" }, "gradient 0");
}
// the objective, clipped and not
for (const v of [0, 1, 2]) {
  g.el("line", { x1: x(0), x2: x(most), y1: y(A * v), y2: y(A * v), class: "g" });
  g.el("text", { x: 32, y: y(A * v) + 5, "text-anchor": "end", class: "m" }, g.num(A * v, 0));
}
g.el("line", { x1: x(0), y1: y(0), x2: x(most), y2: y(most * A), class: "h", "stroke-dasharray": "3 5", "stroke-width": 2 });
const line = [0, low, high, most].filter((r) => r >= 0 && r <= most).map((r) => `${x(r)},${y(objective(r))}`);
g.el("polyline", { points: line.join(" "), class: "la" });
// names stand above the falling lines on their right, above the rising ones on their left
const [named, apart] = A > 0 ? [0.5, 2] : [1.5, low / 2], side = A > 0 ? [-4, "end"] : [8, "start"];
g.el("text", { x: x(named) + side[0], y: y(named * A) - 6, "text-anchor": side[1] }, "objective");
if (eps < 1) g.el("text", { x: x(apart) + side[0], y: y(apart * A) - 3, "text-anchor": side[1], class: "m" }, "without clip");
// the real ratios of this step, on a logarithmic scale
const h = d.findLast((one) => one.step <= (s.step ?? Infinity)), all = h.counts.reduce((a, b) => a + b);
const tall = (c) => (64 * Math.log1p(c)) / Math.log1p(Math.max(...d.flatMap((one) => one.counts)));
let beyond = 0;
h.counts.forEach((c, i) => {
  const off = dead((h.edges[i] + h.edges[i + 1]) / 2);
  if (off) beyond += c;
  const x1 = x(Math.min(most, h.edges[i])), x2 = x(Math.min(most, h.edges[i + 1]));
  if (c && x2 > x1) g.el("rect", { x: x1, y: floor - tall(c), width: Math.max(1, x2 - x1 - 1), height: tall(c), class: off ? "b" : "c" });
});
g.el("line", { x1: x(0), x2: x(most), y1: floor, y2: floor, class: "h" });
for (const r of [0, 0.5, 1, 1.5, 2, 2.5]) g.el("text", { x: x(r), y: floor + 16, "text-anchor": "middle", class: "m" }, g.num(r, 1));
g.el("text", { x: x(most), y: floor + 30, "text-anchor": "end", class: "m" }, `ratio ρ; bars: ratios at step ${h.step}, log scale`);
g.el("line", { x1: x(s.rho), x2: x(s.rho), y1: 8, y2: floor, class: "h" });
g.handle("rho", x(s.rho), y(objective(s.rho)), (p) => ((p.x - 40) / (g.w - 56)) * most);

const push = A > 0 ? "up" : "down", percent = (100 * beyond) / all;
const edge = A > 0 ? `above ${g.num(high)}` : `below ${g.num(low)}`;
const share = beyond && percent < 0.05 ? "under 0.1" : g.num(percent, 1);
return `ρ = ${g.num(s.rho)}: the objective is ${g.num(objective(s.rho))}, its gradient ${g.num(dead(s.rho) ? 0 : A, 0)}: ` +
  (dead(s.rho) ? `the token is pushed ${push} no further. ` : `the token is still pushed ${push}. `) +
  (low < 0 && A < 0 ? "No ratio can fall below 0, so nothing is clipped." : `At step ${h.step}, ${share} % of all ratios lie ${edge}.`);
