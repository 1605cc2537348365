// d: curvature [flat, steep], steps, mu, beta1, beta2, epsilon. s: rate, x and y (the start).
const k = d.curvature, wide = g.w >= 560;
const norm = (p) => Math.hypot(p[0], p[1]);
const walk = (rule) => {
  const points = [[s.x, s.y]], m = [0, 0], v = [0, 0];
  for (let t = 1; t <= d.steps; t++)
    points.push(points.at(-1).map((x, i) => {
      const gradient = k[i] * x;
      if (rule != "Adam") return x - s.rate * (v[i] = (rule == "momentum" ? d.mu : 0) * v[i] + gradient);
      m[i] = d.beta1 * m[i] + (1 - d.beta1) * gradient;
      v[i] = d.beta2 * v[i] + (1 - d.beta2) * gradient ** 2;
      return x - (s.rate * (m[i] / (1 - d.beta1 ** t))) / (Math.sqrt(v[i] / (1 - d.beta2 ** t)) + d.epsilon);
    }));
  return points;
};
const rules = [["plain SGD", "b"], ["momentum", "c"], ["Adam", "a"]].map(([name, color]) => ({ name, color, points: walk(name) }));

// the ravine from above: lines of equal height, and the three ways down
const high = 226, X = (x) => (g.w * (x + 2.4)) / 4.8, Y = (y) => (high * (0.6 - y)) / 1.2;
const clip = g.add(g.el("defs"), "clipPath", { id: "dv-ravine-map" });
g.add(clip, "rect", { x: 0, y: 0, width: g.w, height: high, rx: 6 });
const map = g.el("g", { "clip-path": "url(#dv-ravine-map)" });
g.add(map, "rect", { x: 0, y: 0, width: g.w, height: high, class: "p" });
for (const r of [0.3, 0.7, 1.2, 1.9, 2.8, 4, 5.5])
  g.add(map, "ellipse", { cx: X(0), cy: Y(0), rx: X(r) - X(0), ry: (X(r / Math.sqrt(k[1] / k[0])) - X(0)) * (high / 1.2) / (g.w / 4.8), class: "h", fill: "none", "stroke-opacity": 0.45 });
for (const { points, color } of rules) {
  const inside = points.slice(0, (points.findIndex((p) => norm(p) > 60) + 1 || points.length + 1));
  g.add(map, "polyline", { points: inside.map(([x, y]) => `${X(x).toFixed(1)},${Y(y).toFixed(1)}`).join(" "), class: "l" + color, style: "stroke-width:2" });
}
for (const { points, color } of rules) g.add(map, "circle", { cx: X(Math.max(-90, Math.min(90, points.at(-1)[0]))), cy: Y(Math.max(-90, Math.min(90, points.at(-1)[1]))), r: 5, class: color + " knob" });
g.el("path", { d: `M${X(0) - 6},${Y(0)}h12M${X(0)},${Y(0) - 6}v12`, style: "stroke:var(--ink);stroke-width:2" });
g.el("text", { x: X(0), y: Y(0) + 22, "text-anchor": "middle", style: "paint-order:stroke;stroke:var(--panel);stroke-width:4px" }, "minimum");
const across = g.side.closest("figure").querySelector("[name=y]");
g.handle("x", X(s.x), Y(s.y), (p) => {
  across.value = 0.6 - (1.2 * p.y) / high;
  return (4.8 * p.x) / g.w - 2.4;
});
g.el("text", { x: Math.max(18, Math.min(g.w - 18, X(s.x))), y: Y(s.y) + (s.y > 0.4 ? 28 : -18), "text-anchor": "middle", style: "paint-order:stroke;stroke:var(--panel);stroke-width:4px" }, "start");

// the distance from the minimum, step by step, in powers of ten
const top = high + 34, foot = g.h - 24, left = 40, right = g.w - 92;
const px = (t) => left + ((right - left) * t) / d.steps, py = (v) => top + ((foot - top) * (1 - Math.log10(Math.max(0.005, Math.min(10, v))))) / (1 - Math.log10(0.005));
g.el("text", { x: 0, y: top - 12 }, "distance from the minimum");
for (const v of [10, 1, 0.1, 0.01]) {
  g.el("line", { x1: left, x2: right, y1: py(v), y2: py(v), class: "g" });
  g.el("text", { x: left - 6, y: py(v) + 5, "text-anchor": "end", class: "m" }, v);
}
for (const t of [0, d.steps]) g.el("text", { x: px(t), y: foot + 17, "text-anchor": t ? "end" : "start", class: "m" }, t ? `step ${t}` : 0);
for (const { points, color } of rules) {
  const far = points.map(norm), out = far.findIndex((v) => v > 10), shown = out < 0 ? far : far.slice(0, out + 1);
  g.el("polyline", { points: shown.map((v, t) => `${px(t).toFixed(1)},${py(v).toFixed(1)}`).join(" "), class: "l" + color });
}
const labels = rules.map((rule) => [rule, py(norm(rule.points.at(-1))) + 5]).sort((one, two) => one[1] - two[1]);
labels.forEach((label, i) => i && (label[1] = Math.max(label[1], labels[i - 1][1] + 15)));
const low = Math.max(0, labels.at(-1)[1] - foot - 5);
for (const [rule, y] of labels) g.el("text", { x: right + 6, y: y - low, style: `font-weight:650;font-size:13px;fill:var(--${rule.color})` }, rule.name.replace("plain ", ""));

const ends = rules.map((rule) => norm(rule.points.at(-1))), best = ends.indexOf(Math.min(...ends));
const place = rules.map((rule, i) => `${rule.name} ${ends[i] > 10 ? "flown off" : g.num(ends[i])}`);
return `Distance from the minimum after ${d.steps} steps from (${g.num(s.x, 1)}, ${g.num(s.y)}) at learning rate ${g.num(s.rate, 3)}: ${place.join(", ")}. ` +
  (ends[0] > 10 ? `Above ${g.num(2 / k[1])} each step of SGD lands further up the steep side than it began.`
    : ends[best] > 0.3 ? "So small a rate is safe, and slow for all three." : `Nearest is ${rules[best].name}.`);
