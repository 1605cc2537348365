// d: ink [digit] 64 letters, 0 to g (16); labels, z and v [digit][class]: logits of student and teacher. s: T, alpha, digit.
const n = s.digit - 1, T = +s.T, alpha = +s.alpha, y = d.labels[n], z = d.z[n], v = d.v[n];
const softmax = (x, t) => {
  const top = Math.max(...x), e = x.map((one) => Math.exp((one - top) / t)), sum = e.reduce((a, b) => a + b);
  return e.map((one) => one / sum);
};
const p = softmax(v, T), q = softmax(z, T), plain = softmax(z, 1);
// -dL/dz of L = alpha T^2 KL(p || q) + (1 - alpha) CE(y, z)
const pull = z.map((_, i) => -(alpha * T * (q[i] - p[i]) + (1 - alpha) * (plain[i] - (i == y))));
const cell = 10, left = 104, wide = (g.w - left) / 10, X = (i) => left + wide * (i + 0.5);
[...d.ink[n]].forEach((one, i) => {
  const dark = parseInt(one, 17) / 16;
  g.el("rect", { x: cell * (i % 8), y: 26 + cell * Math.floor(i / 8), width: cell, height: cell, class: "k", "fill-opacity": 0.06 + 0.94 * dark });
});
g.el("text", { x: 0, y: 14 }, `a ${y}`);
const row = (values, head, top, height, most, look, signed) => {
  g.el("text", { x: left, y: top - (signed ? 6 : 22), class: "m" }, head);
  const zero = signed ? top + height / 2 : top + height;
  values.forEach((value, i) => {
    const tall = (Math.min(most, Math.abs(value)) / most) * (signed ? height / 2 : height);
    g.el("rect", { x: X(i) - wide * 0.36, y: value < 0 ? zero : zero - tall, width: wide * 0.72, height: tall, class: signed && value < 0 ? "b" : look });
    if (!signed && value == Math.max(...values)) g.el("text", { x: Math.min(X(i), g.w - 15), y: zero - tall - 4, "text-anchor": "middle", class: "m" }, g.num(value));
  });
  g.el("line", { x1: left, x2: g.w, y1: zero, y2: zero, class: "h" });
};
const most = Math.max(...p, ...q);
row(p, "teacher, softened", 38, 54, most, "b");
row(q, "student, softened", 134, 54, most, "a");
row(pull, g.w < 480 ? "moves the student's logits" : "minus gradient: how the loss moves the student's logits", 224, 62, Math.max(1, ...pull.map(Math.abs)), "a", true);
for (let i = 0; i < 10; i++) g.el("text", { x: X(i), y: 302, "text-anchor": "middle" }, i);
const first = p.map((_, i) => i).sort((a, b) => p[b] - p[a] || a - b).slice(0, 3);
const strongest = pull.reduce((best, one, i) => (Math.abs(one) > Math.abs(pull[best]) ? i : best), 0);
return `A picture of a ${y}. At T = ${g.num(T, 1)} the teacher says ${first.map((i) => `${i}: ${g.num(p[i])}`).join(", ")}. With ` +
  `α = ${g.num(alpha, 1)} the loss moves the student's ${strongest} most, by ${g.num(pull[strongest], 2, true)}.`;
