// d: names, rates, width, x, first, wave [amplitude, phase], weights [start] flat: W1 b1 W2 b2 W3 b3. s: y1, y2, ..., steps.
const H = d.width, n = d.x.length, y = d.x.map((_, i) => s["y" + (i + 1)]);
const layers = (w) => [0, H, 2 * H, 2 * H + H * H, 3 * H + H * H, 4 * H + H * H].map((at, i, all) => w.slice(at, all[i + 1] ?? at + 1));
const run = ([w1, b1, w2, b2, w3, b3], x) => {
  const one = w1.map((v, i) => Math.max(0, x * v + b1[i])), two = b2.slice();
  for (let i = 0; i < H; i++) if (one[i]) for (let j = 0; j < H; j++) two[j] += one[i] * w2[i * H + j];
  const top = two.map((v) => Math.max(0, v));
  return { one, top, out: top.reduce((sum, v, j) => sum + v * w3[j], b3[0]) };
};
const error = (net) => d.x.reduce((sum, x, i) => sum + (run(net, x).out - y[i]) ** 2, 0) / n;
// one step of gradient descent on the mean squared error of the points
const step = (net, rate) => {
  const slopes = net.map((layer) => layer.map(() => 0)), [w1, b1, w2, b2, w3] = net;
  d.x.forEach((x, p) => {
    const { one, top, out } = run(net, x), e = (2 * (out - y[p])) / n;
    slopes[5][0] += e;
    for (let j = 0; j < H; j++) {
      slopes[4][j] += e * top[j];
      const back = top[j] > 0 ? e * w3[j] : 0;
      if (!back) continue;
      slopes[3][j] += back;
      for (let i = 0; i < H; i++) slopes[2][i * H + j] += back * one[i];
    }
    for (let i = 0; i < H; i++) {
      if (!(one[i] > 0)) continue;
      let back = 0;
      for (let j = 0; j < H; j++) if (top[j] > 0) back += e * w3[j] * w2[i * H + j];
      slopes[1][i] += back;
      slopes[0][i] += back * x;
    }
  });
  return net.map((layer, k) => layer.map((v, i) => v - rate * slopes[k][i]));
};
const left = 30, right = g.w - 12, top = 40, foot = 300, X = (x) => left + ((right - left) * (x + 5)) / 10, Y = (v) => foot - ((foot - top) * (v + 6)) / 12;
for (const v of [-5, 0, 5]) {
  g.el("line", { x1: left, x2: right, y1: Y(v), y2: Y(v), class: "g" });
  g.el("text", { x: left - 6, y: Y(v) + 4, "text-anchor": "end", class: "m" }, g.num(v, 0));
  g.el("text", { x: X(v), y: foot + 18, "text-anchor": "middle", class: "m" }, g.num(v, 0));
}
const grid = [...Array(101).keys()].map((i) => -5 + i / 10), cut = (v) => Math.max(-6.4, Math.min(6.4, v));
const line = (f, more) => g.el("polyline", { points: grid.map((x) => `${X(x)},${Y(cut(f(x)))}`).join(" "), fill: "none", ...more });
const moved = y.some((v, i) => v != d.first[i]);
if (!moved) line((x) => d.wave[0] * Math.sin(x - d.wave[1]), { class: "h", "stroke-width": 1, "stroke-dasharray": "2 3" });
const told = d.names.map((name, k) => {
  const start = layers(d.weights[k]);
  let net = start;
  for (let i = 0; i < s.steps; i++) net = step(net, d.rates[k]);
  line((x) => run(net, x).out, { class: "ab"[k] == "a" ? "la" : "lb" });
  return [name, error(start), error(net)];
});
g.el("text", { x: 0, y: 14 }, `solid: ${d.names[0]}; dashed: ${d.names[1]}`);
g.el("text", { x: 0, y: 31, class: "m" }, moved ? "the points are yours" : "dots: the sinusoid of the points");
d.x.forEach((x, i) => g.handle("y" + (i + 1), X(x), Y(y[i]), (p) => ((foot - p.y) / (foot - top)) * 12 - 6));
if (!s.steps) return `Before any step the mean squared error on these points is ${told.map(([name, a]) => `${g.num(a)} for ${name}`).join(" and ")}.`;
const word = s.steps == 1 ? "One step changes" : `${s.steps} steps change`;
return `${word} the mean squared error on these points ${told.map(([name, a, b]) => `for ${name} from ${g.num(a)} to ${g.num(b)}`).join(", and ")}.`;
