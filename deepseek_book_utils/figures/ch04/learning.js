// d: recorded [{accuracy, length}], live, steps, problems [{prompt, answer}], texts [step][problem][sample],
// english {Chinese word: English word}. s: step, problem.
const { live, recorded } = d, every = [...recorded, live], k = Math.min(s.step, live.accuracy.length - 1);
const last = Math.max(...every.map((run) => run.length.length)) - 1, longest = Math.max(...every.flatMap((run) => run.length));
const x = (i) => 44 + ((g.w - 64) * i) / last;
const panels = [["accuracy", 1, 24, 128, 1], ["length", Math.ceil(longest / 10) * 10, 160, 264, 0]];
for (const [key, top, y0, y1, digits] of panels) {
  const y = (v) => y1 - ((y1 - y0) * v) / top;
  for (const v of [0, top / 2, top]) {
    g.el("line", { x1: x(0), x2: x(last), y1: y(v), y2: y(v), class: "g" });
    g.el("text", { x: 36, y: y(v) + 5, "text-anchor": "end", class: "m" }, g.num(v, digits));
  }
  g.el("text", { x: x(0), y: y0 - 9 }, key == "accuracy" ? `accuracy; blue: this run, grey: ${recorded.length} seeds` : "tokens per answer");
  for (const run of every) {
    const points = run[key].map((v, i) => `${x(i)},${y(v)}`).join(" ");
    g.el("polyline", { points, class: run == live ? "la" : "h", fill: "none", "stroke-opacity": run == live ? 1 : 0.55 });
  }
}
for (const i of [0, Math.round(last / 2), last]) g.el("text", { x: x(i), y: 282, "text-anchor": "middle", class: "m" }, i);
g.el("text", { x: x(last), y: 298, "text-anchor": "end", class: "m" }, "RL step");
g.el("text", { x: x(0), y: 298, class: "m" }, `chains below: problem ${parseInt(s.problem)}`);
g.el("line", { x1: x(k), x2: x(k), y1: 20, y2: 264, class: "h" });
const toStep = (p) => ((p.x - 44) / (g.w - 64)) * last;
g.el("circle", { cx: x(k), cy: 264 - (104 * live.length[k]) / panels[1][1], r: 5, class: "a" });
g.handle("step", x(k), 128 - 104 * live.accuracy[k], toStep);

// the chains of the checkpoint at or before this step, every digit computed again
const c = d.steps.findLastIndex((step) => step <= k), which = parseInt(s.problem) - 1, problem = d.problems[which];
const apply = (v, op) => ((({ "+": v + +op[1], "-": v - op[1], "*": v * op[1] })[op[0]] % 10) + 10) % 10;
const count = { right: 0, steps: 0, wrong: 0, check: 0, wait: 0 };
for (const text of d.texts[c][which]) {
  const words = text.split(" "), e = words.map((word) => d.english[word] ?? word), mark = {};
  e.forEach((word, i) => {
    if (!(/^\d$/.test(e[i]) && /^[a-l]$/.test(e[i + 1]) && /^[-+*]\d$/.test(e[i + 2]) && /^\d$/.test(e[i + 3]))) return;
    const value = apply(+e[i], e[i + 2]), checks = e[i + 4] == "check" && /^\d$/.test(e[i + 5]);
    count.steps++;
    if (+e[i + 3] != value) count.wrong++, (mark[i + 3] = "u");
    if (checks) count.check++;
    if (checks && +e[i + 5] != value) mark[i + 5] = "u";
    if (e[checks ? i + 6 : i + 4] == "wait") count.wait++;
  });
  const right = /<eos>$/.test(text) && text.match(/<ans> (\d) <\/ans>/)?.[1] == problem.answer;
  count.right += right;
  const p = g.add(g.side, "p", { class: "t" });
  g.add(p, "span", { class: right ? "a" : "b" }, right ? "✓ right " : "✗ wrong ");
  words.forEach((word, i) => {
    const tag = mark[i] ?? (e[i] == "check" || e[i] == "wait" ? "b" : "span");
    g.add(p, tag, /^<|^[a-l]$/.test(word) ? { class: "m" } : {}, word);
    p.append(" ");
  });
}
const n = d.texts[c][which].length;
return `Step ${k}: accuracy ${g.num(live.accuracy[k])} and ${g.num(live.length[k], 1)} tokens on average, against ${g.num(live.accuracy[0])} and ${g.num(live.length[0], 1)} at the start. ` +
  `Below, answers of step ${d.steps[c]}: ${count.right} of ${n} right; ${count.steps} steps, ${count.wrong} of them wrong; ` +
  `${count.check} ${count.check == 1 ? "check" : "checks"}, ${count.wait} ${count.wait == 1 ? "wait" : "waits"}.`;
