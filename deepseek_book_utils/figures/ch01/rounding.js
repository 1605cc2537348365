// d: weights 8 x 256, in units of 1/10000. s: bits, sharing.
const rows = d.weights, bits = +s.bits, most = 2 ** (bits - 1) - 1;
const size = { "a tensor": rows.length * rows[0].length, "a channel": rows[0].length, "a group of 32": 32 }[s.sharing];
const all = rows.flat(), even = (x) => (Math.abs(x % 1) == 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
const rounded = [], scales = [];
for (let i = 0; i < all.length; i += size) {
  const part = all.slice(i, i + size), scale = Math.max(...part.map(Math.abs)) / most;
  scales.push(scale);
  for (const w of part) rounded.push(scale * even(w / scale));
}
let error = 0, whole = 0, zeros = 0;
all.forEach((w, i) => { error += (w - rounded[i]) ** 2; whole += w * w; zeros += rounded[i] == 0; });
const bound = Math.max(...all.map(Math.abs)), bins = 61, counts = Array(bins).fill(0), after = Array(bins).fill(0);
const bin = (w) => Math.min(bins - 1, Math.floor(((w / bound + 1) / 2) * bins));
all.forEach((w, i) => { counts[bin(w)]++; after[bin(rounded[i])]++; });
const X = (w) => (g.w / 2) * (1 + w / bound), wide = g.w / bins, tallest = Math.max(...counts);
const panel = (values, foot, high, look, head) => {
  g.el("text", { x: 0, y: foot - high + 4 }, head);
  const top = Math.max(...values);
  values.forEach((v, i) => v && g.el("rect", { x: wide * i + 0.5, y: foot - (high * v) / top, width: wide - 1, height: (high * v) / top, class: look, "fill-opacity": 0.8 }));
  g.el("line", { x1: 0, x2: g.w, y1: foot, y2: foot, class: "h" });
};
panel(counts, 98, 88, "a", "weights");
panel(after, 200, 88, "b", "after rounding");
const shown = scales[Math.floor(scales.length / 2)];
if (shown * most <= bound * 1.0001) for (let q = -most; q <= most; q++) g.el("line", { x1: X(q * shown), x2: X(q * shown), y1: 208, y2: 222, class: "h", "stroke-width": 1.5 });
g.el("text", { x: 0, y: 238, class: "m" }, `levels of ${s.sharing == "a tensor" ? "the tensor" : s.sharing == "a channel" ? "one channel" : "one group"}`);
for (const w of [-1, 0, 1]) g.el("text", { x: w < 0 ? 0 : w ? g.w : g.w / 2, y: 258, "text-anchor": w < 0 ? "start" : w ? "end" : "middle", class: "m" }, g.num((w * bound) / 1e4, 2));
return `${bits} bits, one scale ${s.sharing}: the error is ${g.num(100 * Math.sqrt(error / whole), 1)} % of the weights' size, and ` +
  `${g.num((100 * zeros) / all.length, 0)} % of the weights become 0. With its share of a scale a weight takes ${g.num(bits + 16 / size, 2)} bits.`;
