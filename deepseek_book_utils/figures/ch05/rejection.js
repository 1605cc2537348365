// d: filters, levels [problem] a digit an answer: how many filters it passes, tokens. s: f, k.
const need = d.filters.indexOf(s.f) + 1, k = +s.k, n = d.levels[0].length, left = 92, right = g.w - 60;
const X = (i) => left + ((right - left) * (i + 0.5)) / n, Y = (p) => 36 + 16 * p;
g.el("text", { x: 0, y: 14, class: "m" }, `full: passes; within the line: the first ${k} tries`);
let kept = 0, some = 0;
d.levels.forEach((row, p) => {
  const passed = [...row].map((level) => +level >= need), share = passed.filter(Boolean).length / n;
  kept += share * n;
  some += (1 - (1 - share) ** k) / d.levels.length;
  g.el("text", { x: left - 10, y: Y(p) + 4, "text-anchor": "end", class: "m" }, `problem ${p + 1}`);
  passed.forEach((yes, i) => g.el("circle", { cx: X(i), cy: Y(p), r: 5, class: yes ? "a" : "bg h", opacity: i < k ? 1 : 0.35 }));
  g.el("text", { x: right + 10, y: Y(p) + 4 }, g.num(share));
});
const edge = left + ((right - left) * k) / n;
g.el("line", { x1: edge, x2: edge, y1: 24, y2: Y(d.levels.length - 1) + 10, stroke: "var(--ink)", "stroke-width": 1.5 });
const asked = n * d.levels.length;
let text = `Filter: ${s.f}. ${Math.round(kept)} of ${asked} answers pass. With ${k} tries a problem`;
text += ` has a kept answer with probability ${g.num(some)} on average`;
if (kept) text += `; a kept answer costs ${g.num((d.tokens * asked) / Math.round(kept), 0)} tokens of writing`;
return text + ".";
