// d: peaks [weight, mean, width], edge, places, best [name, mean, width]. s: mean, width.
const x = Array.from({ length: d.places }, (_, i) => -d.edge + (2 * d.edge * i) / (d.places - 1));
const hill = (at, mean, width) => Math.exp(-(((at - mean) / width) ** 2) / 2) / (width * Math.sqrt(2 * Math.PI));
const logs = (values) => {
  const top = Math.max(...values), all = top + Math.log(values.reduce((sum, v) => sum + Math.exp(v - top), 0));
  return values.map((v) => v - all);
};
const far = (mean, width) => x.map((at) => -(((at - mean) / width) ** 2) / 2 - Math.log(width));
const parts = d.peaks.map(([weight, mean, width]) => far(mean, width).map((v) => v + Math.log(weight)));
const logP = logs(x.map((_, i) => parts.map((one) => one[i]).reduce((a, b) => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))))));
const logQ = logs(far(s.mean, s.width));
const kl = (a, b) => a.reduce((sum, v, i) => sum + Math.exp(v) * (v - b[i]), 0);
const logM = logP.map((v, i) => Math.max(v, logQ[i]) + Math.log1p(Math.exp(-Math.abs(v - logQ[i]))) - Math.log(2));
const forward = kl(logP, logQ), reverse = kl(logQ, logP), middle = (kl(logP, logM) + kl(logQ, logM)) / 2;

const left = 8, right = g.w - 8, foot = 196, most = 0.85, X = (v) => left + ((right - left) * (v + 5)) / 10, Y = (v) => foot - (150 * Math.min(v, most)) / most;
const line = (f) => x.filter((at) => Math.abs(at) <= 5).map((at) => `${X(at)},${Y(f(at))}`).join(" ");
g.el("text", { x: 0, y: 14 }, "dashed: the teacher; solid: the student");
g.el("line", { x1: left, x2: right, y1: foot, y2: foot, class: "h" });
for (const v of [-4, -2, 0, 2, 4]) g.el("text", { x: X(v), y: foot + 17, "text-anchor": "middle", class: "m" }, g.num(v, 0));
d.best.forEach(([name, mean], i) => { // the second stands left of the first
  g.el("line", { x1: X(mean), x2: X(mean), y1: 26, y2: foot, class: "h", "stroke-dasharray": "2 4" });
  g.el("text", { x: X(mean) + (i ? -4 : 4), y: 36, "text-anchor": i ? "end" : "start", class: "m" }, `least ${name}${g.w < 480 ? "" : " KL"}`);
});
g.el("polyline", { points: line((at) => d.peaks.reduce((sum, [weight, mean, width]) => sum + weight * hill(at, mean, width), 0)), class: "lb" });
g.el("polyline", { points: line((at) => hill(at, s.mean, s.width)), class: "la" });
g.handle("mean", X(s.mean), Y(hill(s.mean, s.mean, s.width)), (p) => ((p.x - left) / (right - left)) * 10 - 5);
const long = (v) => ((right - left - 164) * Math.min(v, 4)) / 4;
[["forward KL", forward, "b"], ["reverse KL", reverse, "a"], ["Jensen–Shannon", middle, "c"]].forEach(([name, v, look], i) => {
  const at = 232 + 24 * i;
  g.el("text", { x: left, y: at + 5 }, name);
  g.el("rect", { x: left + 124, y: at - 8, width: Math.max(1, long(v)), height: 16, class: look });
  g.el("text", { x: left + 130 + long(v), y: at + 5, class: "m" }, g.num(v));
});
return `Mean ${g.num(s.mean, 1)}, width ${g.num(s.width, 1)}: forward KL ${g.num(forward)}, reverse KL ${g.num(reverse)}, ` +
  `Jensen–Shannon (β = 0.5) ${g.num(middle)}.`;
