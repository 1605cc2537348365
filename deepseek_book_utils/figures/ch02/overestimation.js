// d: seed, draws, actions, measured [{name, promised, true}]. s: q1, q2, ... (true values), noise, samples.
const n = d.actions, q = [...Array(n).keys()].map((a) => s["q" + (a + 1)]), best = Math.max(...q);
// standard normal numbers: xorshift32 and Box-Muller, as in Python; drawn once
d.normals ??= (() => {
  let x = d.seed, out = [];
  const uniform = () => ((x ^= x << 13), (x ^= x >>> 17), (x ^= x << 5), ((x >>> 0) + 0.5) / 2 ** 32);
  while (out.length < 2 * n * d.draws) {
    const r = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
    out.push(r * Math.cos(angle), r * Math.sin(angle));
  }
  return out;
})();
// each half of the samples gives one mean of every action
const half = s.noise / Math.sqrt(s.samples / 2), single = [], double = [];
for (let i = 0; i < d.draws; i++) {
  const z = d.normals.slice(2 * n * i, 2 * n * (i + 1)), A = q.map((v, a) => v + half * z[a]), B = q.map((v, a) => v + half * z[n + a]);
  single.push(Math.max(...A.map((v, a) => (v + B[a]) / 2)));
  double.push(B[A.indexOf(Math.max(...A))]);
}
const mean = (list) => list.reduce((a, b) => a + b) / list.length;

const wide = g.w >= 560, top = 44, foot = 296, reach = 2.3 + 2 * half, y = (v) => top + ((foot - top) * (reach - v)) / (2 * reach);
const left = 34, knobs = g.w * (wide ? 0.46 : 0.56), gap = (knobs - left) / n, x = (a) => left + gap * (a + 0.5);
for (let v = -Math.floor(reach / (reach > 4 ? 2 : 1)) * (reach > 4 ? 2 : 1); v <= reach; v += reach > 4 ? 2 : 1) {
  g.el("line", { x1: left, x2: g.w, y1: y(v), y2: y(v), class: "g" });
  g.el("text", { x: left - 8, y: y(v) + 5, "text-anchor": "end", class: "m" }, g.num(v, 0));
}
g.el("text", { x: 0, y: 14 }, wide ? "true values, and the spread of means" : "true values, spread");
const spread = half / Math.SQRT2; // of the mean of all samples
q.forEach((v, a) => {
  g.el("rect", { x: x(a) - 7, y: y(v + 2 * spread), width: 14, height: y(v - 2 * spread) - y(v + 2 * spread), rx: 7, class: "h", fill: "none" });
  g.el("text", { x: x(a), y: foot + 18, "text-anchor": "middle", class: "m" }, a + 1);
});
// 2000 promises of each kind, as histograms on the same scale
const bins = 48, columns = [["single", "b", single, "one maximum"], ["double", "a", double, "double"]], width = (g.w - knobs - 12) / 2;
columns.forEach(([name, color, list, title], i) => {
  const at = knobs + 12 + i * width, counts = Array(bins).fill(0);
  for (const v of list) counts[Math.max(0, Math.min(bins - 1, Math.floor(((reach - v) / (2 * reach)) * bins)))]++;
  const most = Math.max(...counts), high = (foot - top) / bins;
  counts.forEach((c, b) => c && g.el("rect", { x: at, y: top + b * high, width: ((width - 12) * c) / most, height: Math.max(1, high - 0.6), class: color, "fill-opacity": 0.45 }));
  g.el("text", { x: at, y: 14 }, wide ? title : name);
  g.el("text", { x: at, y: 33, style: `font-weight:650;fill:var(--${color})` }, g.num(mean(list), 2, 1));
});
g.el("line", { x1: left, x2: g.w, y1: y(best), y2: y(best), style: "stroke:var(--ink);stroke-width:1.5", "stroke-dasharray": "3 4" });
columns.forEach(([, color, list], i) => {
  const at = knobs + 12 + i * width, m = y(mean(list));
  g.el("line", { x1: at - 4, x2: at + width - 12, y1: m, y2: m, style: `stroke:var(--${color});stroke-width:3` });
});
g.el("text", { x: g.w, y: foot + 18, "text-anchor": "end", class: "m" }, wide ? "dashed: the best true value; bars: 2,000 promises" : "dashed: truth");
q.forEach((v, a) => g.handle("q" + (a + 1), x(a), y(v), (p) => reach - (2 * reach * (p.y - top)) / (foot - top)));

// the same in training: what the network promised, and what came true
let more = "";
if (d.measured.length) {
  const all = d.measured.flatMap((m) => [...m.promised, ...m.true]), lo = Math.min(...all), hi = Math.max(...all), start = wide ? 110 : 96;
  const px = (v) => start + ((g.w - start - 12) * (v - lo)) / (hi - lo || 1), row = 13;
  g.el("text", { x: 0, y: foot + 52 }, wide ? "measured, seed by seed: ○ what came true, ● what the network promised" : "measured: ○ came true, ● promised");
  let at = foot + 74;
  d.measured.forEach(({ name, promised, true: came }, i) => {
    const color = i ? "a" : "b";
    g.el("text", { x: 0, y: at + (row * (came.length - 1)) / 2 + 5, style: `font-size:13px;font-weight:650;fill:var(--${color})` }, name);
    came.forEach((v, k) => {
      g.el("line", { x1: px(v), x2: px(promised[k]), y1: at, y2: at, style: `stroke:var(--${color});stroke-width:2` });
      g.el("circle", { cx: px(v), cy: at, r: 4.5, class: "bg", style: `stroke:var(--${color});stroke-width:1.5` });
      g.el("circle", { cx: px(promised[k]), cy: at, r: 4.5, class: color });
      at += row;
    });
    at += 10;
  });
  for (const [v, anchor] of [[lo, "start"], [hi, "end"]]) g.el("text", { x: px(v), y: at + 10, "text-anchor": anchor, class: "m" }, g.num(v, 1));
  more = " Measured, " + d.measured.map((m) => `${m.name} promises ${g.num(mean(m.promised), 1)} and ${g.num(mean(m.true), 1)} comes true`).join("; ") + ".";
}
const says = (list) => `promises ${g.num(mean(list))} (error ${g.num(mean(list) - best, 2, 1)})`;
return `The best action is truly worth ${g.num(best)}. On average the largest of ${n} noisy means ${says(single)}; ` +
  `a double estimate, one half choosing and the other judging, ${says(double)}.${more}`;
