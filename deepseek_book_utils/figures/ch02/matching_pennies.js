// d: steps, ways {option: short name}, agents (path of sampled learners, or empty). s: way, rate, step, p and q (chances of heads, at the start).
const way = d.ways[s.way], clip = (v) => Math.max(0, Math.min(1, v));
// Even earns u = (2p - 1)(2q - 1) and climbs in p; Odd earns -u and climbs in q
const du = (p, q) => 2 * (2 * q - 1), dq = (p, q) => -2 * (2 * p - 1);
const path = [[s.p, s.q]];
let before;
for (let t = 0; t < d.steps; t++) {
  const [p, q] = path.at(-1), now = [du(p, q), dq(p, q)], old = before ?? now;
  before = now;
  if (way == "turns") {
    const next = clip(p + s.rate * now[0]);
    path.push([next, clip(q + s.rate * dq(next, q))]);
  } else {
    const push = way == "optimistic" ? now.map((v, i) => 2 * v - old[i]) : now;
    path.push([clip(p + s.rate * push[0]), clip(q + s.rate * push[1])]);
  }
}
const sums = [0, 0], means = path.map(([p, q], t) => [(sums[0] += p) / (t + 1), (sums[1] += q) / (t + 1)]);
const shown = way == "averaged" ? means : path, at = shown[s.step];

// the plane of both chances: the pull at each place, the path
const wide = g.w >= 560, side = wide ? 292 : Math.min(270, g.w - 30), left = 28, top = 6, X = (p) => left + (side - 20) * p, Y = (q) => top + (side - 20) * (1 - q);
g.el("rect", { x: X(0), y: Y(1), width: side - 20, height: side - 20, class: "p" });
for (let i = 0; i < 7; i++)
  for (let j = 0; j < 7; j++) {
    const p = (i + 0.5) / 7, q = (j + 0.5) / 7, u = 0.022 * du(p, q), v = 0.022 * dq(p, q);
    g.el("line", { x1: X(p), y1: Y(q), x2: X(p + u), y2: Y(q + v), class: "h", "stroke-opacity": 0.7 });
    g.el("circle", { cx: X(p + u), cy: Y(q + v), r: 2, style: "fill:var(--mute)" });
  }
g.el("path", { d: `M${X(0.5) - 6},${Y(0.5)}h12M${X(0.5)},${Y(0.5) - 6}v12`, style: "stroke:var(--ink);stroke-width:2" });
const points = (list) => list.map(([p, q]) => `${X(p).toFixed(1)},${Y(q).toFixed(1)}`).join(" ");
if (way == "averaged") g.el("polyline", { points: points(path.slice(0, s.step + 1)), class: "h", fill: "none", "stroke-opacity": 0.6 });
if (d.agents.length) {
  g.el("polyline", { points: points(d.agents), class: "lc" });
  g.el("text", { x: wide ? left + side + 30 : left, y: wide ? 292 : 303, class: "m" }, "dotted: learners who see only their rewards");
}
g.el("polyline", { points: points(shown.slice(0, s.step + 1)), class: "la", style: "stroke-width:2" });
for (const v of [0, 1]) {
  g.el("text", { x: X(v), y: Y(0) + 17, "text-anchor": "middle", class: "m" }, v);
  g.el("text", { x: X(0) - 8, y: Y(v) + (v ? 10 : 2), "text-anchor": "end", class: "m" }, v);
}
g.el("text", { x: X(0.5), y: Y(0) + 17, "text-anchor": "middle", class: "m" }, "p: Even shows heads");
g.el("text", { x: X(0) - 10, y: Y(0.5), "text-anchor": "middle", transform: `rotate(-90 ${X(0) - 10} ${Y(0.5)})`, class: "m" }, "q: Odd shows heads");
g.el("circle", { cx: X(at[0]), cy: Y(at[1]), r: 6, class: "k" });
const other = g.side.closest("figure").querySelector("[name=q]");
g.handle("p", X(s.p), Y(s.q), (point) => {
  other.value = 1 - (point.y - top) / (side - 20);
  return (point.x - left) / (side - 20);
});

// both chances over time
if (wide) {
  const x0 = left + side + 30, x1 = g.w - 30, tx = (t) => x0 + ((x1 - x0) * t) / d.steps, y0 = 34, y1 = 250, ty = (v) => y1 - (y1 - y0) * v;
  g.el("text", { x: x0 - 24, y: 16 }, way == "averaged" ? "averages of both chances so far" : "both chances, step by step");
  for (const v of [0, 0.5, 1]) {
    g.el("line", { x1: x0, x2: x1, y1: ty(v), y2: ty(v), class: "g" });
    g.el("text", { x: x0 - 6, y: ty(v) + 5, "text-anchor": "end", class: "m" }, v);
  }
  [["p", "la"], ["q", "lb"]].forEach(([name, line], i) => {
    g.el("polyline", { points: shown.map((one, t) => `${tx(t).toFixed(1)},${ty(one[i]).toFixed(1)}`).join(" "), class: line, style: "stroke-width:2" });
    const [mine, other] = [shown.at(-1)[i], shown.at(-1)[1 - i]], above = mine > other || (mine == other && !i);
    const gap = Math.abs(mine - other) > 0.08 ? 0 : above ? -8 : 8;
    g.el("text", { x: x1 + 10, y: ty(mine) + 5 + gap, style: `font-weight:650;fill:var(--${i ? "b" : "a"})` }, name);
  });
  g.el("text", { x: x0, y: y1 + 18, class: "m" }, 0);
  g.el("text", { x: x1, y: y1 + 18, "text-anchor": "end", class: "m" }, `step ${d.steps}`);
  g.el("line", { x1: tx(s.step), x2: tx(s.step), y1: y0, y2: y1, class: "h" });
}
const far = ([p, q]) => Math.hypot(p - 0.5, q - 0.5);
const won = path.slice(0, s.step + 1).reduce((a, [p, q]) => a + (2 * p - 1) * (2 * q - 1), 0) / (s.step + 1);
return `Learning ${s.way}, step ${s.step}: p = ${g.num(at[0])}, q = ${g.num(at[1])}. ` +
  `The distance from the equilibrium was ${g.num(far(path[0]))} and is ${g.num(far(at))}. Even has won ${g.num(won, 2, 1)} a round on average.` +
  (d.agents.length ? ` Learners who see only their rewards came from ${g.num(far(d.agents[0]))} to ${g.num(far(d.agents.at(-1)))}.` : "");
