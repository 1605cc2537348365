// d: steps, off and on: [step][chain] strings of letters E, C, N. s: step, reward. Words of neither language are left out.
const c = d.steps.findLastIndex((step) => step <= s.step), chains = d[s.reward][c].map((letters) => letters.replaceAll("N", ""));
const longest = Math.max(...[...d.off, ...d.on].flat().map((letters) => letters.replaceAll("N", "").length), 1);
const cell = (g.w - 34) / longest, pattern = `dv-hatch-${c}-${s.reward}`;
const hatch = g.add(g.el("defs"), "pattern", { id: pattern, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
g.add(hatch, "rect", { width: 6, height: 6, class: "p" });
g.add(hatch, "rect", { width: 2.5, height: 6, class: "b" });
g.el("rect", { x: 34, y: 2, width: 22, height: 13, rx: 2, class: "a" });
g.el("text", { x: 62, y: 13, class: "m" }, "E English");
g.el("rect", { x: 150, y: 2, width: 22, height: 13, rx: 2, fill: `url(#${pattern})` });
g.el("text", { x: 178, y: 13, class: "m" }, "C Chinese");
chains.forEach((letters, row) => {
  const y = 26 + 16 * row;
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
return `Step ${d.steps[c]}, ${s.reward == "on" ? "with" : "without"} a reward for one language: ${share}, and ${mixed} of ${chains.length} chains mix both.`;
