// d: rungs, votes, live [rung][vote], recorded [seed][rung][vote]. s: k. The last two rungs are trained.
const at = d.votes.indexOf(+s.k), runs = d.recorded.length ? d.recorded : [d.live], n = d.rungs.length;
const mean = d.rungs.map((_, i) => runs.reduce((sum, run) => sum + run[i][at], 0) / runs.length);
const left = 124, right = g.w - 48, X = (v) => left + (right - left) * v, top = 30, bottom = top + 34 * n;
for (const v of [0, 0.25, 0.5, 0.75, 1]) {
  g.el("line", { x1: X(v), x2: X(v), y1: top - 6, y2: bottom, class: "g" });
  g.el("text", { x: X(v), y: bottom + 16, "text-anchor": "middle", class: "m" }, g.num(v, 2));
}
g.el("text", { x: 0, y: 14, class: "m" }, d.recorded.length ? `bars and dots: ${runs.length} seeds; dark line: your run` : "your run");
d.rungs.forEach((name, i) => {
  const y = top + 34 * i, css = i < n - 2 ? "a" : "b";
  g.el("text", { x: left - 8, y: y + 18, "text-anchor": "end" }, name);
  g.el("rect", { x: left, y: y + 2, width: X(mean[i]) - left, height: 24, class: css, "fill-opacity": 0.45 });
  for (const run of d.recorded) g.el("circle", { cx: X(run[i][at]), cy: y + 14, r: 3, class: css });
  if (d.recorded.length) g.el("line", { x1: X(d.live[i][at]), x2: X(d.live[i][at]), y1: y, y2: y + 28, stroke: "var(--ink)", "stroke-width": 2 });
  g.el("text", { x: right + 8, y: y + 18 }, g.num(mean[i]));
});
const [base, prompt, , , rules, zero, forced] = mean, who = s.k == 1 ? "One answer" : `A vote of ${s.k} answers`;
const share = zero > base ? `${g.num((100 * (rules - base)) / (zero - base), 0)} %` : "all";
return `${who}: the base is right in ${g.num(base)} of cases, with a prompt in ${g.num(prompt)}, with prompt and ` +
  `both rules in ${g.num(rules)}; R1-Zero in ${g.num(zero)}, with both rules in ${g.num(forced)}. Without ` +
  `training one gets ${share} of what R1-Zero gains.`;
