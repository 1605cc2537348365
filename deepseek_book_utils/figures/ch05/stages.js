// d: stages, measures, values [measure][seed][stage], paper [measure] null or [name, stage values]. s: m.
const at = d.measures.indexOf(s.m), seeds = d.values[at], paper = d.paper[at], n = d.stages.length;
const mean = d.stages.map((_, i) => seeds.reduce((sum, one) => sum + one[i], 0) / seeds.length);
const left = 34, right = g.w - 30, top = 50, bottom = g.h - 34;
const X = (i) => left + 24 + ((right - left - 48) * i) / (n - 1), Y = (v) => bottom - (bottom - top) * v;
for (const v of [0, 0.25, 0.5, 0.75, 1]) {
  g.el("line", { x1: left, x2: right, y1: Y(v), y2: Y(v), class: "g" });
  g.el("text", { x: left - 6, y: Y(v) + 4, "text-anchor": "end", class: "m" }, g.num(v, 2));
}
d.stages.forEach((name, i) => g.el("text", { x: X(i), y: bottom + 20, "text-anchor": "middle" }, name));
g.el("text", { x: 0, y: 16, class: "m" }, `line: mean of ${seeds.length} seeds; dots: seeds`);
if (paper) g.el("text", { x: 0, y: 33, class: "m" }, `dashes: the paper's ${paper[0]}`);
const line = (values) => values.map((v, i) => `${X(i)},${Y(v)}`).join(" ");
if (paper) g.el("polyline", { points: line(paper[1]), class: "lb" });
for (const one of seeds) one.forEach((v, i) => g.el("circle", { cx: X(i), cy: Y(v), r: 3, class: "a", "fill-opacity": 0.5 }));
g.el("polyline", { points: line(mean), class: "la" });
mean.forEach((v, i) => g.el("text", { x: X(i), y: Y(v) - 10 < top ? Y(v) + 20 : Y(v) - 10, "text-anchor": "middle" }, g.num(v)));
const steps = mean.slice(1).map((v, i) => v - mean[i]), best = steps.indexOf(Math.max(...steps)), worst = steps.indexOf(Math.min(...steps));
let text = `Our ${s.m}: ${d.stages.map((name, i) => `${name} ${g.num(mean[i])}`).join(", ")}. `;
text += `${d.stages[best + 1]} gains most (${g.num(steps[best], 2, true)})`;
if (steps[worst] < 0) text += `, ${d.stages[worst + 1]} loses most (${g.num(steps[worst])})`;
if (paper) text += `. The paper's ${paper[0]}: ${paper[1].map((v) => g.num(v)).join(", ")}`;
return text + ".";
