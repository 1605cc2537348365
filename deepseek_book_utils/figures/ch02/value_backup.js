// d: walks [[cells]], next [cell][move], chances of the moves, size, start, goal, pit, alpha, gamma, waits {option: n}.
// s: step, n, goal and pit (their rewards).
const { walks, size, alpha, gamma } = d, cells = d.next.length, ends = [d.goal, d.pit];
const reward = (c) => (c == d.goal ? s.goal : c == d.pit ? s.pit : 0);
const inner = [...Array(cells).keys()].filter((c) => !ends.includes(c));

// the true values of this way of walking: V(s) = sum of chances times r + gamma V(s'), until it settles
let truth = Array(cells).fill(0);
for (let i = 0; i < 300; i++)
  truth = truth.map((_, c) => (ends.includes(c) ? 0 : d.chances.reduce((v, p, m) => v + p * (reward(d.next[c][m]) + gamma * truth[d.next[c][m]]), 0)));

// one pass over the recorded walks: how far from the truth after each step, and what happened at step s.step
const learn = (n) => {
  const V = Array(cells).fill(0), far = [inner.reduce((a, c) => a + Math.abs(truth[c]), 0) / inner.length], out = { far, V: [...V], updates: [] };
  walks.forEach((w, episode) => {
    const T = w.length - 1;
    for (let t = 0; t < T; t++) {
      const updates = [], over = t + 1 == T;
      for (let k = over ? Math.max(0, T - n) : t + 1 - n; k >= 0 && k <= (over ? t : t + 1 - n); k++) {
        const end = Math.min(k + n, T), old = V[w[k]];
        let R = 0;
        for (let i = k; i < end; i++) R += gamma ** (i - k) * reward(w[i + 1]);
        const u = { from: w[k], to: w[end], R, n: end - k, old, boot: end < T, next: V[w[end]] };
        V[w[k]] = u.now = old + alpha * (R + (u.boot ? gamma ** n * u.next : 0) - old);
        updates.push(u);
      }
      far.push(inner.reduce((a, c) => a + Math.abs(V[c] - truth[c]), 0) / inner.length);
      if (far.length - 1 == s.step) Object.assign(out, { V: [...V], updates, episode, path: w.slice(0, t + 2), over });
    }
  });
  return out;
};
const runs = Object.entries(d.waits).map(([name, n]) => ({ name, ...learn(n ?? Infinity) }));
const now = runs.find((run) => run.name == s.n), V = now.V, update = now.updates[0], last = now.far.length - 1;

// the grid: value as colour and number, the way of this episode, the update as an arrow
const wide = g.w >= 560, cell = Math.min(66, (g.w - 92) / size), grid = size * cell, most = Math.max(0.5, Math.abs(s.goal), Math.abs(s.pit));
const ink = "stroke:var(--ink);stroke-width:2.5";
const mid = (c) => [((c % size) + 0.5) * cell, (Math.floor(c / size) + 0.36) * cell];
for (let c = 0; c < cells; c++) {
  const [x, y] = mid(c), end = ends.includes(c), v = end ? reward(c) : V[c];
  g.el("rect", { x: x - cell / 2 + 1, y: y - cell * 0.36 + 1, width: cell - 2, height: cell - 2, rx: 4, class: "p" });
  g.el("rect", { x: x - cell / 2 + 1, y: y - cell * 0.36 + 1, width: cell - 2, height: cell - 2, rx: 4, class: v < 0 ? "b" : "a", "fill-opacity": Math.min(0.55, (0.55 * Math.abs(v)) / most) });
}
if (now.path) {
  g.el("polyline", { points: now.path.map(mid).join(" "), class: "h", fill: "none", "stroke-width": 2, "stroke-opacity": 0.4 });
  const [x, y] = mid(now.path.at(-1));
  if (!now.over) g.el("circle", { cx: x, cy: y, r: 7, class: "k" });
}
if (update) {
  const [x, y] = mid(update.from), [u, v] = mid(update.to);
  g.el("rect", { x: x - cell / 2 + 1.5, y: y - cell * 0.36 + 1.5, width: cell - 3, height: cell - 3, rx: 4, fill: "none", style: ink });
  if (x != u || y != v) {
    const long = Math.hypot(u - x, v - y), [i, j] = [(u - x) / long, (v - y) / long], [a, b] = [x + 6 * i, y + 6 * j];
    g.el("line", { x1: u - 0.4 * cell * i, y1: v - 0.4 * cell * j, x2: a + 8 * i, y2: b + 8 * j, style: ink });
    g.el("polygon", { points: `${a},${b} ${a + 13 * i - 7 * j},${b + 13 * j + 7 * i} ${a + 13 * i + 7 * j},${b + 13 * j - 7 * i}`, class: "k" });
  }
}

// words and numbers last, with an edge of the ground's colour, so that no line strikes them through
for (let c = 0; c < cells; c++) {
  const [x, y] = mid(c), end = ends.includes(c), v = end ? reward(c) : V[c], shown = g.num(v, end ? 1 : 2, end);
  const halo = "paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round;" + (cell < 56 ? "font-size:12px" : "");
  if (end || c == d.start) g.el("text", { x, y: y + 3, "text-anchor": "middle", class: end ? "" : "m", style: halo }, c == d.goal ? "goal" : end ? "pit" : "start");
  if (end || +shown.replace("−", "-")) g.el("text", { x, y: y + cell * 0.5, "text-anchor": "middle", style: halo }, shown);
}

// two tracks: the rewards of goal and pit
const tall = grid - 40, high = (r) => 20 + (tall * (2 - r)) / 4;
[["goal", s.goal], ["pit", s.pit]].forEach(([name, r], i) => {
  const x = grid + 28 + 44 * i;
  g.el("line", { x1: x, x2: x, y1: high(2), y2: high(-2), class: "g", "stroke-width": 4, "stroke-linecap": "round" });
  g.el("line", { x1: x - 9, x2: x + 9, y1: high(0), y2: high(0), class: "h" });
  g.el("text", { x, y: grid - 2, "text-anchor": "middle", class: "m" }, name);
  g.handle(name, x, high(r), (p) => 2 - (4 * (p.y - 20)) / tall);
});

// how far the values are from the truth, for every wait
const left = wide ? grid + 146 : 34, right = g.w - 34, top = wide ? 54 : grid + 36, foot = wide ? grid - 20 : g.h - 22;
const worst = Math.max(0.1, ...runs.flatMap((run) => run.far)), px = (i) => left + ((right - left) * i) / last, py = (v) => foot - ((foot - top) * v) / worst;
g.el("text", { x: wide ? left - 34 : 0, y: wide ? 16 : top - 12 }, wide ? "distance from the true values" : "distance from the true values, by wait");
for (const v of [0, worst]) {
  g.el("line", { x1: left, x2: right, y1: py(v), y2: py(v), class: v ? "g" : "h" });
  g.el("text", { x: left - 6, y: py(v) + 5, "text-anchor": "end", class: "m" }, g.num(v, v ? 2 : 0));
}
for (const i of [0, last]) g.el("text", { x: px(i), y: foot + 17, "text-anchor": i ? "end" : "start", class: "m" }, i ? `step ${i}` : 0);
for (const run of [...runs.filter((run) => run != now), now]) {
  const points = run.far.map((v, i) => `${px(i).toFixed(1)},${py(v).toFixed(1)}`).join(" ");
  g.el("polyline", { points, class: run == now ? "la" : "h", fill: "none", "stroke-opacity": run == now ? 1 : 0.7 });
}
const labels = runs.map((run) => [run, py(run.far.at(-1)) + 5]).sort((one, two) => two[1] - one[1]);
labels.forEach((label, i) => i && (label[1] = Math.min(label[1], labels[i - 1][1] - 14)));
for (const [run, y] of labels) g.el("text", { x: right + 13, y, class: "m", style: run == now ? "fill:var(--a);font-weight:650" : "" }, d.waits[run.name] ?? "all");
g.el("line", { x1: px(s.step), x2: px(s.step), y1: top, y2: foot, class: "h" });
g.handle("step", px(s.step), py(now.far[s.step]), (p) => ((p.x - left) / (right - left)) * last);

// the update, with its numbers
const line = (text, kind = "t") => g.add(g.side, "p", { class: kind }, text), n = d.waits[s.n];
if (!update) line(s.step ? (n ? `Not one update yet in this episode: ${n} steps have not passed.` : "Waiting for the end of the episode: nothing is learned before it.") : "No step yet: every value is 0.", "");
else {
  const all = now.updates.length, bootstraps = update.boot, power = (k) => (k == 1 ? "γ" : `γ${"⁰¹²³⁴"[k]}`), G = gamma ** update.n;
  if (all > 1) line(`The episode is over: the first of its last ${all} updates.`, "");
  line(n == 1 ? "V(s) ← V(s) + α (r + γ V(s′) − V(s))" : n ? `V(s) ← V(s) + α (R + ${power(n)} V(s′) − V(s)), R the ${n} rewards, discounted` : "V(s) ← V(s) + α (R − V(s)), R all rewards to the end, discounted");
  const tail = bootstraps ? ` + ${g.num(G, G == gamma ? 1 : 2)} · ${g.num(update.next)}` : n ? " + 0" : "";
  const minus = update.old < 0 ? `+ ${g.num(-update.old)}` : `− ${g.num(update.old)}`;
  line(`= ${g.num(update.old)} + ${g.num(alpha, 1)} (${g.num(update.R)}${tail} ${minus}) = ${g.num(update.now)}`);
}

const heard = inner.filter((c) => Math.abs(V[c]) > 1e-9).length;
return (s.step ? `Step ${s.step}, in episode ${now.episode + 1}` : "Before the first step") + `, learning after ${s.n}: ${heard} of ${inner.length} cells have heard of a reward, ` +
  `and V(start) = ${g.num(V[d.start])}. On average a value is ${g.num(now.far[s.step])} from the true one.`;
