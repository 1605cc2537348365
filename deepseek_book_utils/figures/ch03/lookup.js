// d: words, q and k [head][word][channel]. s: query, head, mask.
const n = d.words.length, at = s.query - 1, q = d.q[s.head - 1][at], K = d.k[s.head - 1];
const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);
let z = K.map((k) => dot(q, k) / Math.sqrt(q.length));
if (s.mask == "before the softmax") z = z.map((v, i) => (i > at ? -Infinity : v));
const top = Math.max(...z), e = z.map((v) => Math.exp(v - top)), all = e.reduce((a, b) => a + b);
let w = e.map((v) => v / all);
if (s.mask == "after the softmax") w = w.map((v, i) => (i > at ? 0 : v));
const left = 96, right = g.w - 150, head = 40, row = 24, y = (i) => head + row * i;
g.el("text", { x: 0, y: 14, class: "m" }, g.w >= 520 ? "bar: weight on the word; orange: a word that comes later" : "orange: a later word");
d.words.forEach((word, i) => {
  if (i == at) g.el("rect", { x: 0, y: y(i) - 2, width: g.w, height: row, class: "p" });
  g.el("text", { x: left - 8, y: y(i) + 15, "text-anchor": "end", class: i > at ? "m" : "" }, word);
  g.el("rect", { x: left, y: y(i) + 3, width: Math.max(1, (right - left) * w[i]), height: 15, rx: 2, class: i > at ? "b" : "a" });
  g.el("text", { x: left + (right - left) * w[i] + 8, y: y(i) + 15, class: "m" }, g.num(w[i]));
});
g.el("text", { x: g.w - 26, y: y(at) + 15, "text-anchor": "end" }, g.w >= 520 ? "looks" : "");
g.handle("query", g.w - 12, y(at) + 10, (p) => (p.y - head) / row + 1);
const best = w.indexOf(Math.max(...w)), sum = w.reduce((a, b) => a + b), later = w.slice(s.query).reduce((a, b) => a + b, 0);
return `Head ${s.head}, word ${s.query} (${d.words[at]}), mask: ${s.mask}. The weights sum to ${g.num(sum)}; ${g.num(later)} of it lies on ` +
  `words that come later. It looks most at word ${best + 1} (${d.words[best]}): ${g.num(w[best])}.`;
