// d: measured {size: variance after each layer}. s: gain, depth.
const key = (+s.gain).toFixed(1), gain = +key, found = d.measured[key], n = found.length, depth = +s.depth;
const left = 52, right = g.w - 8, top = 12, foot = 230, most = 14;
const X = (l) => left + ((right - left) * (l - 1)) / (n - 1), Y = (v) => foot - ((foot - top) * (Math.max(-most, Math.min(most, v)) + most)) / (2 * most);
for (const v of [-12, -6, 0, 6, 12]) {
  g.el("line", { x1: left, x2: right, y1: Y(v), y2: Y(v), class: "g" });
  g.el("text", { x: left - 6, y: Y(v) + 4, "text-anchor": "end", class: "m" }, v ? g.power(v) : "1");
}
for (const v of [8, 16, 24, 32]) g.el("text", { x: X(v), y: foot + 18, "text-anchor": "middle", class: "m" }, v);
g.el("text", { x: right, y: foot + 38, "text-anchor": "end", class: "m" }, "layer; variance on a logarithmic scale");
for (const [name, curve] of Object.entries(d.measured)) {
  if (name == key) continue;
  const points = curve.map((v, i) => [i, Math.log10((v / curve[0]) * name * name)]).filter(([, v]) => Math.abs(v) <= most);
  g.el("polyline", { points: points.map(([i, v]) => `${X(i + 1)},${Y(v)}`).join(" "), class: "la", style: "stroke-width:1", opacity: 0.3 });
}
const here = (l) => Math.log10((found[l - 1] / found[0]) * gain * gain), law = (l) => 2 * l * Math.log10(gain);
const ends = [1, n].map((l) => `${X(l)},${Y(law(l))}`);
g.el("polyline", { points: ends.join(" "), class: "lb" });
for (let l = 1; l <= n; l++) if (Math.abs(here(l)) <= most) g.el("circle", { cx: X(l), cy: Y(here(l)), r: l == depth ? 6 : 3, class: "a" });
const whole = (v) => (Math.abs(v) < 2 ? g.num(10 ** v) : `${g.num(10 ** (v - Math.floor(v)), 1)} × ${g.power(Math.floor(v))}`);
return `Weights ${g.num(gain, 1)} times as large as He's: after ${depth} ${depth == 1 ? "layer" : "layers"} the formula says ${whole(law(depth))} of the variance, ` +
  `and the run finds ${whole(here(depth))}.`;
