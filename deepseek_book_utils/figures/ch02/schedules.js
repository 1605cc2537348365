// d: rates [strings], steps, runs {name: [{accuracy, seeds, last, loss, rate (of its highest)} for every rate]}. s: name, rate.
const runs = d.runs[s.name], i = d.rates.indexOf(s.rate), one = runs[i], wide = g.w >= 560;
const last = d.rates.length - 1, left = wide ? 158 : 96, right = g.w - 34, x = (k) => left + ((right - left) * k) / last, y = (v) => 184 - 152 * v;
g.el("text", { x: 0, y: 16 }, "unseen digits read right, by learning rate");
for (const v of [0, 0.5, 1]) {
  g.el("line", { x1: left, x2: right, y1: y(v), y2: y(v), class: "g" });
  g.el("text", { x: right + 8, y: y(v) + 5, class: "m" }, g.num(v, 1));
}
for (const k of [0, last / 2, last]) g.el("text", { x: x(k), y: 204, "text-anchor": k == last ? "end" : "middle", class: "m" }, d.rates[k]);
const line = (all) => all.map((run, k) => `${x(k)},${y(run.accuracy)}`).join(" ");
for (const name in d.runs) if (name != s.name) g.el("polyline", { points: line(d.runs[name]), class: "h", fill: "none", "stroke-opacity": 0.5, "stroke-width": 1.5 });
g.el("polyline", { points: line(runs), class: "la" });

// each line has its name at its left end; names that would touch make room upwards
const short = (name) => (wide ? name : name.replace(" and cosine", ""));
const labels = Object.entries(d.runs).map(([name, all]) => [name, y(all[0].accuracy) + 5]).sort((a, b) => b[1] - a[1]);
labels.forEach((label, k) => k && (label[1] = Math.min(label[1], labels[k - 1][1] - 15)));
for (const [name, at] of labels) g.el("text", { x: left - 8, y: at, "text-anchor": "end", class: "m", style: name == s.name ? "fill:var(--a);font-weight:650" : "" }, short(name));
for (const v of one.seeds) g.el("circle", { cx: x(i), cy: y(v), r: 4, class: "a", "fill-opacity": 0.5 });
g.handle("rate", x(i), y(one.accuracy), (p) => d.rates[Math.max(0, Math.min(last, Math.round(((p.x - left) / (right - left)) * last)))]);

// below: the run itself
const n = one.loss.length - 1, sx = (k) => left + ((right - left) * k) / n, sy = (v) => 372 - 116 * v;
g.el("text", { x: 0, y: 240 }, "this training: loss solid, rate dashed");
for (const v of [0, 1]) g.el("line", { x1: left, x2: right, y1: sy(v), y2: sy(v), class: "g" });
g.el("text", { x: left - 8, y: sy(1) + 5, "text-anchor": "end", class: "m" }, "loss 2.5");
g.el("text", { x: left - 8, y: sy(0) + 5, "text-anchor": "end", class: "m" }, "0");
g.el("polyline", { points: one.rate.map((v, k) => `${sx(k)},${sy(v)}`).join(" "), class: "lb" });
g.el("polyline", { points: one.loss.map((v, k) => `${sx(k)},${sy(Math.min(1.05, v / 2.5))}`).join(" "), class: "la" });
g.el("text", { x: sx(n), y: 391, "text-anchor": "end", class: "m" }, `step ${d.steps}`);
g.el("text", { x: sx(0), y: 391, class: "m" }, "0");

const best = Math.max(...runs.map((run) => run.accuracy)), fastest = runs.findIndex((run) => run.accuracy == best);
const verdict = one.accuracy > best - 0.03 ? "About right for this schedule." : i < fastest ? "Too slow: the time was up." : "Too fast: training is thrown off.";
return `${s.name[0].toUpperCase() + s.name.slice(1)}, rate ${d.rates[i]}: ${g.num(100 * one.accuracy, 1)} % of unseen digits read right ` +
  `(five seeds: ${g.num(100 * Math.min(...one.seeds), 1)} to ${g.num(100 * Math.max(...one.seeds), 1)}), last loss ${g.num(one.last)}. ${verdict}`;
