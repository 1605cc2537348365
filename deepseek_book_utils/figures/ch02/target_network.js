// d: trace (an online network's estimate, update by update). s: tau.
const q = d.trace, slow = [q[0]];
for (let t = 1; t < q.length; t++) slow.push(slow[t - 1] + s.tau * (q[t] - slow[t - 1]));
const lo = Math.min(...q), hi = Math.max(...q), left = 48, right = g.w - 62, top = 28, foot = g.h - 26;
const x = (t) => left + ((right - left) * t) / (q.length - 1), y = (v) => foot - ((foot - top) * (v - lo)) / (hi - lo || 1);
g.el("text", { x: 0, y: 14 }, "estimate of one state's value");
for (const v of [lo, (lo + hi) / 2, hi]) {
  g.el("line", { x1: left, x2: right, y1: y(v), y2: y(v), class: "g" });
  g.el("text", { x: left - 6, y: y(v) + 5, "text-anchor": "end", class: "m" }, g.num(v, 1));
}
for (const t of [0, q.length - 1]) g.el("text", { x: x(t), y: foot + 18, "text-anchor": t ? "end" : "start", class: "m" }, t ? `update ${t}` : 0);
const points = (list) => list.map((v, t) => `${x(t).toFixed(1)},${y(v).toFixed(1)}`).join(" ");
g.el("polyline", { points: points(q), class: "lb", style: "stroke-width:1.5;stroke-dasharray:none;stroke-opacity:.8" });
g.el("polyline", { points: points(slow), class: "la" });
let [one, two] = [y(q.at(-1)) + 5, y(slow.at(-1)) + 5];
if (Math.abs(one - two) < 16) two = two < one ? one - 16 : one + 16;
g.el("text", { x: right + 8, y: one, style: "font-weight:650;fill:var(--b)" }, "online");
g.el("text", { x: right + 8, y: two, style: "font-weight:650;fill:var(--a)" }, "target");
const mean = (list) => list.reduce((a, b) => a + b) / list.length, moves = (list) => mean(list.slice(1).map((v, t) => Math.abs(v - list[t])));
const lag = mean(q.map((v, t) => Math.abs(v - slow[t])));
return `τ = ${g.num(s.tau, 3)}: the target's steps are ${g.num((100 * moves(slow)) / moves(q), 1)} % as large as the online network's, ` +
  `and it stands ${g.num(lag, 1)} away from it on average.`;
