// d: models {name: {weights, cache, kept}}, bytes and state {precision: bytes a weight}. s: model, tokens (power of 2), precision.
const one = d.models[s.model], n = 2 ** s.tokens, width = d.bytes[s.precision];
const training = { weights: width * one.weights, gradients: width * one.weights, optimiser: d.state[s.precision] * one.weights, "kept for backward": width * one.kept * n };
const serving = { weights: width * one.weights, cache: width * one.cache * n };
const sum = (parts) => Object.values(parts).reduce((a, b) => a + b);
const words = (v) => {
  for (const [unit, size] of [["TB", 1e12], ["GB", 1e9], ["MB", 1e6]]) if (v >= size) return `${g.num(v / size, 1)} ${unit}`;
  return `${g.num(v / 1e3, 1)} kB`;
};
const most = Math.max(sum(training), sum(serving)), looks = { weights: "a", gradients: "c", optimiser: "b", "kept for backward": "d", cache: "d" };
const few = g.w < 640; // room for two names a row, and no amounts
const bar = (head, parts, top) => {
  g.el("text", { x: 0, y: top }, `${head}: ${words(sum(parts))}`);
  let x = 0;
  for (const [name, v] of Object.entries(parts)) {
    const wide = ((g.w - 2) * v) / most;
    g.el("rect", { x, y: top + 8, width: Math.max(wide, v ? 1 : 0), height: 34, class: looks[name], "fill-opacity": 0.8 });
    x += wide;
  }
  let at = 0;
  for (const [name, v] of Object.entries(parts)) {
    const row = few ? Math.floor(at / 2) : 0, left = few ? (g.w / 2) * (at % 2) : 0.235 * g.w * at;
    g.el("rect", { x: left, y: top + 50 + 18 * row, width: 11, height: 11, class: looks[name], "fill-opacity": 0.8 });
    g.el("text", { x: left + 16, y: top + 60 + 18 * row, class: "m" }, v ? (few ? name : `${name} ${words(v)}`) : "kept: not counted");
    at++;
  }
};
bar("Training", training, 16);
bar("Serving", serving, 134);
const whole = sum(training), served = sum(serving);
return `${s.model}, ${s.precision}, ${n.toLocaleString("en-US")} tokens: training holds ${words(whole)}, ${g.num((100 * training.optimiser) / whole, 0)} % of it for the optimiser. ` +
  `Serving holds ${words(served)}, ${g.num((100 * serving.cache) / served, 1)} % of it cache.`;
