// d: options, curves [option][seed][step]. s: documents, bar.
const at = d.options.indexOf(s.documents), last = d.curves[0][0].length - 1, bar = +s.bar;
const left = 34, right = g.w - 12, top = 40, foot = 276, X = (i) => left + ((right - left) * i) / last, Y = (v) => foot - (foot - top) * v;
for (const v of [0, 0.25, 0.5, 0.75, 1]) {
  g.el("line", { x1: left, x2: right, y1: Y(v), y2: Y(v), class: "g" });
  g.el("text", { x: left - 6, y: Y(v) + 4, "text-anchor": "end", class: "m" }, g.num(v));
}
for (let i = 0; i <= last; i += 10) g.el("text", { x: X(i), y: foot + 18, "text-anchor": "middle", class: "m" }, i);
g.el("text", { x: right, y: foot + 31, "text-anchor": "end", class: "m" }, "RL step");
g.el("text", { x: 0, y: 14 }, at ? `solid: after ${s.documents} answers; dashed: without` : "dashed: without a cold start");
g.el("text", { x: 0, y: 31, class: "m" }, "accuracy of each seed; dots: the bar is reached");
const first = (curve) => {
  for (let i = 0; i + 2 < curve.length; i++) if ((curve[i] + curve[i + 1] + curve[i + 2]) / 3 >= bar) return i;
  return "never";
};
const told = (curves) => {
  const found = curves.map(first);
  return found.length > 1 ? `${found.slice(0, -1).join(", ")} and ${found.at(-1)}` : `${found[0]}`;
};
const show = (curves, look, dot) => {
  for (const curve of curves) {
    g.el("polyline", { points: curve.map((v, i) => `${X(i)},${Y(v)}`).join(" "), class: look, style: "stroke-width:1.5" });
    const step = first(curve);
    if (step != "never") g.el("circle", { cx: X(step), cy: Y(bar), r: 4, class: dot });
  }
};
show(d.curves[0], "lb", "b");
if (at) show(d.curves[at], "la", "a");
g.el("line", { x1: left, x2: right, y1: Y(bar), y2: Y(bar), class: "h", "stroke-width": 1.5 });
g.handle("bar", right - 14, Y(bar), (p) => (foot - p.y) / (foot - top));
const text = `Steps to an accuracy of ${g.num(bar)}, by seed: without a cold start ${told(d.curves[0])}`;
return at ? `${text}; after ${s.documents} answers ${told(d.curves[at])}.` : `${text}.`;
