// d: steps, letters: [step][chain] strings of letters E, C, N; off, on: {mean, low, high} by step. s: step.
const c = d.steps.findLastIndex((step) => step <= s.step), at = d.steps[c], last = Math.min(d.off.mean.length, d.on.mean.length) - 1;
const X = (i) => 44 + ((g.w - 64) * i) / last, Y = (v) => 130 - 90 * v;
for (const v of [0, 0.5, 1]) {
  g.el("line", { x1: X(0), x2: X(last), y1: Y(v), y2: Y(v), class: "g" });
  g.el("text", { x: 36, y: Y(v) + 5, "text-anchor": "end", class: "m" }, g.num(v, 1));
}
g.el("text", { x: X(0), y: 13 }, "share of chains that mix, in the record");
for (const [key, css, name, up] of [["off", "b", "without the reward", -8], ["on", "a", "with it", -8]]) {
  const run = d[key], edge = (values) => values.map((v, i) => `${X(i)},${Y(v)}`);
  g.el("polygon", { points: [...edge(run.high), ...edge(run.low).reverse()].join(" "), class: css, "fill-opacity": 0.18 });
  g.el("polyline", { points: edge(run.mean).join(" "), class: `l${css}` });
  g.el("text", { x: X(last), y: Y(run.high.at(-1)) + up, "text-anchor": "end" }, name);
}
g.el("line", { x1: X(at), x2: X(at), y1: 26, y2: 134, class: "h" });
g.el("text", { x: X(0), y: 147, "text-anchor": "middle", class: "m" }, 0);
g.el("text", { x: X(last), y: 147, "text-anchor": "end", class: "m" }, `RL step ${last}`);
g.handle("step", X(at), Y(d.off.mean[at]), (p) => ((p.x - 44) / (g.w - 64)) * last);

// the chains of your run; words of neither language are left out
const chains = d.letters[c].map((letters) => letters.replaceAll("N", ""));
const longest = Math.max(...d.letters.flat().map((letters) => letters.replaceAll("N", "").length), 1);
const cell = (g.w - 34) / longest, pattern = `dv-hatch-${c}`;
const hatch = g.add(g.el("defs"), "pattern", { id: pattern, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
g.add(hatch, "rect", { width: 6, height: 6, class: "p" });
g.add(hatch, "rect", { width: 2.5, height: 6, class: "b" });
g.el("rect", { x: 34, y: 154, width: 22, height: 13, rx: 2, class: "a" });
g.el("text", { x: 62, y: 165, class: "m" }, "E English");
g.el("rect", { x: 150, y: 154, width: 22, height: 13, rx: 2, fill: `url(#${pattern})` });
g.el("text", { x: 178, y: 165, class: "m" }, "C Chinese");
chains.forEach((letters, row) => {
  const y = 176 + 16 * row;
  g.el("text", { x: 24, y: y + 12, "text-anchor": "end", class: "m" }, row + 1);
  let x = 34;
  if (!letters) g.el("text", { x, y: y + 12, class: "m" }, "no words");
  for (const run of letters.match(/E+|C+/g) ?? []) {
    const width = run.length * cell, english = run[0] == "E";
    g.el("rect", { x, y, width: width - 1, height: 14, rx: 2, ...(english ? { class: "a" } : { fill: `url(#${pattern})` }) });
    if (width > 17) {
      if (!english) g.el("rect", { x: x + width / 2 - 7, y, width: 14, height: 14, class: "bg" });
      g.el("text", { x: x + width / 2, y: y + 11.5, "text-anchor": "middle", class: english ? "on" : "m" }, run[0]);
    }
    x += width;
  }
});
const words = chains.join(""), chinese = words.replaceAll("E", "").length;
const mixed = chains.filter((letters) => letters.includes("E") && letters.includes("C")).length;
const share = words ? `${g.num((100 * chinese) / words.length, 0)} % of the words are Chinese` : "no chain holds a word";
return `Step ${at}, your run: ${share}, and ${mixed} of ${chains.length} chains mix both. In the record ` +
  `${g.num(d.off.mean[at])} of the chains mix without a reward for one language, and ${g.num(d.on.mean[at])} with it.`;
