// d: words, rows, prompts [{name, context, logits}]. s: prompt, T, p, k (rows + 1: all), m.
const one = d.prompts.find((o) => o.name == s.prompt), z = one.logits, V = z.length;
const softmax = (x) => {
  const most = Math.max(...x), e = x.map((v) => Math.exp(v - most)), sum = e.reduce((a, b) => a + b);
  return e.map((v) => v / sum);
};
// temperature; at 0 the first of the largest alone
const best = z.indexOf(Math.max(...z)), hot = z.map((v, i) => (s.T ? v / s.T : i == best ? v : -Infinity)), before = softmax(hot);
// top-k, top-p, min-p, each on what the one before it has left
let left = hot;
if (s.k <= d.rows) {
  const last = [...left].sort((a, b) => b - a)[s.k - 1];
  left = left.map((v) => (v < last ? -Infinity : v));
}
const order = [...left.keys()].sort((a, b) => (left[a] == left[b] ? a - b : left[a] - left[b])), mass = softmax(left), cut = new Set();
order.reduce((sum, i, at) => {
  sum += mass[i];
  if (sum <= 1 - s.p && at < V - 1) cut.add(i);
  return sum;
}, 0);
left = left.map((v, i) => (cut.has(i) ? -Infinity : v));
const rest = softmax(left), top = Math.max(...rest);
left = left.map((v, i) => (rest[i] < s.m * top ? -Infinity : v));
const probs = softmax(left);

const rank = [...z.keys()].sort((a, b) => z[b] - z[a] || a - b), shown = rank.slice(0, d.rows), others = rank.slice(d.rows);
const from = 82, to = g.w - 66, head = 40, row = 24, x = (q) => from + (to - from) * q, y = (r) => head + row * r;
const level = x(s.m * Math.max(...before));
const share = (q) => (q && q < 0.0005 ? "< 0.1 %" : `${g.num(100 * q, 1)} %`);
const line = (name, after, was, r, can) => {
  g.el("text", { x: from - 8, y: y(r) + 17, "text-anchor": "end", class: can ? "" : "m" }, name);
  if (after) g.el("rect", { x: from, y: y(r) + 5, width: Math.max(1, x(after) - from), height: 15, rx: 2, class: "a" });
  g.el("rect", { x: from, y: y(r) + 5, width: Math.max(1, x(was) - from), height: 15, rx: 2, class: "h", fill: "none", "stroke-dasharray": can ? "none" : "3 3" });
  g.el("text", { x: Math.max(x(Math.max(after, was)), can ? 0 : level) + 8, y: y(r) + 17, class: can ? "" : "m" }, can ? share(after) : "cut");
};
shown.forEach((i, r) => line(d.words[i], probs[i], before[i], r, left[i] > -Infinity));
const sum = (list, of) => list.reduce((t, i) => t + of[i], 0), alive = others.filter((i) => left[i] > -Infinity).length;
line(`${alive || others.length} others`, sum(others, probs), sum(others, before), d.rows, alive > 0);
g.el("text", { x: 0, y: 14, class: "m" }, g.w >= 520 ? "bar: probability of the word; outline: before the filters" : "bar: probability; outline: unfiltered");
g.el("text", { x: 0, y: g.h - 6, class: "m" }, g.w >= 520 ? "drag the knobs: ↔ min-p, ↕ top-k" : "drag the knobs");
// top-k: a line below the last word that it keeps
const foot = y(s.k <= d.rows ? s.k : d.rows + 1) + (s.k <= d.rows ? 1 : 0);
g.el("line", { x1: from, x2: to, y1: foot, y2: foot, class: "h", "stroke-dasharray": "6 4" });
// min-p: a level, as a share of the largest probability
g.el("line", { x1: level, x2: level, y1: head, y2: y(d.rows + 1), class: "h", "stroke-dasharray": "6 4" });
g.el("text", { x: level + 17, y: head - 1, class: "m" }, s.m ? `min-p ${g.num(s.m)}` : "min-p off");
g.el("text", { x: g.w, y: foot + 25, "text-anchor": "end", class: "m" }, s.k <= d.rows ? `top-k ${s.k}` : "top-k off");
g.handle("k", to + 22, foot, (q) => (q.y - head) / row);
g.handle("m", level, head - 6, (q) => (q.x - from) / ((to - from) * Math.max(...before)));
g.add(g.side, "p", { class: "t" }, `${one.context} …`);

const kept = probs.filter((q) => q > 0), name = d.words[probs.indexOf(Math.max(...probs))], least = 100 * Math.min(...kept);
if (kept.length == 1) return `Of ${V} words one can be drawn: ${name}, always.`;
return `Of ${V} words ${kept.length} can be drawn: ${name} with ${g.num(100 * Math.max(...probs), 1)} %, ` +
  `the least probable of them with ${least < 0.05 ? "under 0.1" : g.num(least, 1)} %.`;
