// d: episodes [{name, end (how it ended), mm (cart, thousandths of a unit), cdeg (pole, hundredths of a degree)}],
// tau (seconds a frame). s: agent, time.
const run = d.episodes.find((episode) => episode.name == s.agent), last = run.mm.length - 1, wide = g.w >= 560;
const frame = Math.min(last, Math.round(s.time / d.tau)), position = run.mm[frame] / 1000, degrees = run.cdeg[frame] / 100;
g.until.time = last * d.tau;

// the track at its true proportions: half a track is 2.4 units, the pole 1
const unit = g.w / 5.6, X = (x) => g.w / 2 + x * unit, ground = wide ? 178 : 112;
g.el("rect", { x: 0, y: 0, width: g.w, height: ground + 12, rx: 6, class: "p" });
g.el("line", { x1: X(-2.4), x2: X(2.4), y1: ground, y2: ground, class: "h", "stroke-width": 3 });
for (const x of [-2.4, 2.4]) g.el("line", { x1: X(x), x2: X(x), y1: ground - 18, y2: ground + 6, class: "ld" });
const tip = (angle, long = unit) => [X(position) + long * Math.sin((angle * Math.PI) / 180), ground - 0.22 * unit - long * Math.cos((angle * Math.PI) / 180)];
const [px, py] = tip(0, 0);
for (const angle of [-12, 12]) {
  const [x, y] = tip(angle, unit * 1.08);
  g.el("line", { x1: px, y1: py, x2: x, y2: y, class: "ld", style: "stroke-width:1.5" });
}
g.el("rect", { x: X(position) - 0.25 * unit, y: ground - 0.26 * unit, width: 0.5 * unit, height: 0.2 * unit, rx: 4, class: "k" });
for (const x of [-0.14, 0.14]) g.el("circle", { cx: X(position + x), cy: ground - 0.05 * unit, r: 0.05 * unit, class: "k" });
const [x, y] = tip(degrees);
g.el("line", { x1: px, y1: py, x2: x, y2: y, style: `stroke:var(--a);stroke-width:${0.1 * unit};stroke-linecap:round` });
g.el("circle", { cx: px, cy: py, r: 0.03 * unit, class: "bg" });
g.el("text", { x: 10, y: 22, class: "m" }, `${s.agent}, ${g.num(frame * d.tau)} s`);
if (frame == last) g.el("text", { x: g.w - 10, y: 22, "text-anchor": "end" }, run.end);

// the angle of the pole over time, this episode bold
const top = ground + 44, foot = g.h - 24, left = 40, right = g.w - 12, longest = Math.max(...d.episodes.map((episode) => episode.mm.length - 1));
const tx = (i) => left + ((right - left) * i) / longest, ty = (v) => (top + foot) / 2 - ((foot - top) / 2) * Math.max(-1, Math.min(1, v / 16));
g.el("text", { x: 0, y: top - 10 }, "angle of the pole");
for (const v of [-12, 0, 12]) {
  g.el("line", { x1: left, x2: right, y1: ty(v), y2: ty(v), ...(v ? { class: "ld", style: "stroke-width:1.5" } : { class: "g" }) });
  g.el("text", { x: left - 6, y: ty(v) + 5, "text-anchor": "end", class: "m" }, `${g.num(v, 0)}°`);
}
for (const i of [0, longest]) g.el("text", { x: tx(i), y: foot + 17, "text-anchor": i ? "end" : "start", class: "m" }, i ? `${g.num(i * d.tau, 1)} s` : 0);
for (const one of [...d.episodes.filter((one) => one != run), run]) {
  const points = one.cdeg.map((v, i) => `${tx(i).toFixed(1)},${ty(v / 100).toFixed(1)}`).join(" "), end = one.cdeg.length - 1;
  g.el("polyline", { points, class: one == run ? "la" : "h", fill: "none", style: one == run ? "stroke-width:2" : "" });
  g.el("circle", { cx: tx(end), cy: ty(one.cdeg[end] / 100), r: 4, style: `fill:var(--${one == run ? "a" : "mute"})` });
}
g.el("line", { x1: tx(frame), x2: tx(frame), y1: top, y2: foot, class: "h" });
g.handle("time", tx(frame), ty(degrees), (p) => ((p.x - left) / (right - left)) * longest * d.tau);

const when = frame == last ? `in the end, after ${g.num(frame * d.tau)} s` : `at ${g.num(frame * d.tau)} of ${g.num(last * d.tau)} s`;
return `The ${s.agent} agent ${when}: the pole leans ${g.num(degrees, 1, 1)}°, the cart stands at ${g.num(position, 2, 1)}. ` +
  `Return of the episode: ${last}; ${run.end}.`;
