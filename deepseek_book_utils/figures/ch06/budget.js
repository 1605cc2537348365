// d: found {student: {way: [{base, seconds, accuracy, curve}] a seed}}, most, paper {name: share}. s: student, budget.
const ways = Object.entries(d.found[s.student]), b = +s.budget, left = 36, right = g.w - 12, top = 52, foot = 286;
const X = (v) => left + ((right - left) * v) / d.most, Y = (v) => foot - (foot - top) * v;
for (const v of [0, 0.25, 0.5, 0.75, 1]) {
  g.el("line", { x1: left, x2: right, y1: Y(v), y2: Y(v), class: "g" });
  g.el("text", { x: left - 6, y: Y(v) + 4, "text-anchor": "end", class: "m" }, g.num(v));
}
for (let v = 0; v <= d.most; v += 10) g.el("text", { x: X(v), y: foot + 18, "text-anchor": "middle", class: "m" }, v);
g.el("text", { x: right, y: foot + 36, "text-anchor": "end", class: "m" }, "CPU seconds");
g.el("line", { x1: X(b), x2: X(b), y1: top, y2: foot, class: "h", "stroke-width": 1.5 });
const looks = "abcd", reached = (run, at) => {
  if (at >= run.seconds) return run.accuracy;
  const curve = run.curve.length ? run.curve : [run.base];
  return curve[Math.floor(at / (run.seconds / curve.length))];
};
const told = ways.map(([name, runs], i) => {
  const at = [(i % 2) * 0.46 * g.w, 18 * Math.floor(i / 2)];
  g.el("rect", { x: at[0], y: 3 + at[1], width: 12, height: 12, class: looks[i] });
  g.el("text", { x: at[0] + 18, y: 14 + at[1], class: "m" }, name);
  for (const run of runs) {
    const curve = run.curve.length ? run.curve : [run.base], step = run.seconds / curve.length;
    const points = curve.map((v, k) => `${X(k * step)},${Y(v)}`);
    if (!run.curve.length) points.push(`${X(run.seconds)},${Y(run.base)}`);
    points.push(`${X(run.seconds)},${Y(run.accuracy)}`);
    g.el("polyline", { points: points.join(" "), class: `l${looks[i]}`, style: "stroke-width:1.5", opacity: 0.55 });
    g.el("circle", { cx: X(run.seconds), cy: Y(run.accuracy), r: 4, class: looks[i], opacity: b >= run.seconds ? 1 : 0.35 });
  }
  const mean = runs.reduce((sum, run) => sum + reached(run, b), 0) / runs.length, done = runs.filter((run) => b >= run.seconds).length;
  const rest = done == runs.length ? "" : done ? `, done in ${done} of ${runs.length} seeds` : ", not done";
  return `${name} ${g.num(mean)}${rest}`;
});
for (const [name, v] of Object.entries(d.paper)) {
  g.el("line", { x1: right - 14, x2: right, y1: Y(v), y2: Y(v), class: "h", "stroke-width": 2 });
  g.el("text", { x: right - 18, y: Y(v) + 4, "text-anchor": "end", class: "m", style: "paint-order:stroke;stroke:var(--bg);stroke-width:5px" }, `the paper's ${name}`);
}
return `${s.student}, ${b} CPU seconds: ${told.join("; ")}.`;
