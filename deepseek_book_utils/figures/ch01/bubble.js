// d: stages. s: pieces, last (cost of the last stage), order. A piece takes 1 forwards and 2 backwards in a stage of cost 1.
const p = d.stages, m = +s.pieces, cost = (k) => (k == p - 1 ? +s.last : 1);
const order = (k) => {
  const ahead = s.order == "gpipe" ? m : Math.min(p - k - 1, m), work = [];
  for (let i = 0; i < ahead; i++) work.push(["f", i]);
  for (let i = 0; i < m; i++) {
    if (i + ahead < m) work.push(["f", i + ahead]);
    work.push(["b", i]);
  }
  return work;
};
const queues = [...Array(p).keys()].map(order), done = {}, clock = Array(p).fill(0), events = [];
while (queues.some((q) => q.length)) {
  queues.forEach((queue, k) => {
    if (!queue.length) return;
    const [kind, i] = queue[0];
    const needs = kind == "f" ? (k ? `${k - 1}f${i}` : null) : k < p - 1 ? `${k + 1}b${i}` : `${k}f${i}`;
    if (needs && !(needs in done)) return;
    const start = Math.max(clock[k], needs ? done[needs] : 0);
    clock[k] = done[`${k}${kind}${i}`] = start + (kind == "f" ? 1 : 2) * cost(k);
    events.push([k, kind, i, start, clock[k]]);
    queue.shift();
  });
}
const whole = Math.max(...events.map((e) => e[4])), left = 58, wide = g.w - left - 1, row = 48, top = 26;
g.el("rect", { x: left, y: 2, width: 12, height: 12, class: "a" });
g.el("text", { x: left + 18, y: 13, class: "m" }, "forwards");
g.el("rect", { x: left + 96, y: 2, width: 12, height: 12, class: "b" });
g.el("text", { x: left + 114, y: 13, class: "m" }, "backwards");
for (let k = 0; k < p; k++) {
  g.el("text", { x: 0, y: top + row * k + 26, class: "m" }, `stage ${k + 1}`);
  g.el("rect", { x: left, y: top + row * k, width: wide, height: row - 8, class: "p" });
}
for (const [k, kind, i, start, end] of events) {
  const x = left + (wide * start) / whole, w = (wide * (end - start)) / whole;
  g.el("rect", { x: x + 0.5, y: top + row * k, width: Math.max(w - 1, 1), height: row - 8, class: kind == "f" ? "a" : "b", "fill-opacity": 0.85 });
  if (w > 20) g.el("text", { x: x + w / 2, y: top + row * k + 25, "text-anchor": "middle", class: "on" }, i + 1);
}
g.el("text", { x: g.w, y: top + row * p + 14, "text-anchor": "end", class: "m" }, "time; grey: the stage waits");
let idle = 0;
for (let k = 0; k < p; k++) idle += 1 - (3 * m * cost(k)) / whole;
const most = s.order == "gpipe" ? m : Math.min(p, m);
return `${m} ${m == 1 ? "piece" : "pieces"}, ${s.order}: a stage waits ${g.num((100 * idle) / p, 1)} % of the time on average; with equal stages ` +
  `the formula says ${g.num((100 * (p - 1)) / (m + p - 1), 1)} %. At most ${most} ${most == 1 ? "piece is" : "pieces are"} held in one stage.`;
