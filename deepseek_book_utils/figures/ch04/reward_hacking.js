// d: steps, ride_steps, ways {name: {promised [run][step], earned, rides [ride][(place, speed)]}} (this run first),
// circuit (m), tightest (1/m), grip (m/s^2), close. s: step, way.
const one = d.ways[s.way], i = d.steps.indexOf(s.step), promised = one.promised[0], earned = one.earned[0], end = d.steps.length - 1;
const bold = "font-weight:650;paint-order:stroke;stroke:var(--bg);stroke-width:4px;";

// promise and truth of every seed, this run bold
const left = 46, right = g.w - 12, top = 34, foot = 202, last = d.steps[end];
const all = Object.values(d.ways).flatMap((way) => [...way.promised, ...way.earned]).flat(), lo = Math.floor(4 * Math.min(0, ...all)) / 4, hi = Math.ceil(4 * Math.max(...all)) / 4;
const x = (step) => left + ((right - left) * step) / last, y = (v) => foot - ((foot - top) * (v - lo)) / (hi - lo);
g.el("text", { x: 0, y: 16 }, g.w < 420 ? "reward a step (bold: this run)" : `reward a step (bold: this run, pale: ${one.earned.length - 1} recorded seeds)`);
for (const v of [lo, 0, hi]) {
  g.el("line", { x1: left, x2: right, y1: y(v), y2: y(v), class: v ? "g" : "h", "stroke-opacity": v ? 1 : 0.6 });
  g.el("text", { x: left - 6, y: y(v) + 5, "text-anchor": "end", class: "m" }, g.num(v, v ? 2 : 0));
}
for (const step of [0, last]) g.el("text", { x: x(step), y: foot + 18, "text-anchor": step ? "end" : "start", class: "m" }, step ? `update ${step}` : 0);
for (const [runs, color] of [[one.promised, "b"], [one.earned, "a"]])
  for (const run of [...runs.slice(1), runs[0]]) {
    const points = run.map((v, k) => `${x(d.steps[k]).toFixed(1)},${y(v).toFixed(1)}`).join(" "), mine = run == runs[0];
    g.el("polyline", { points, class: "l" + color, style: mine ? "" : "stroke-width:1.2", "stroke-opacity": mine ? 1 : 0.45 });
  }
let [up, down] = [y(promised[end]) - 10, y(earned[end]) + 20];
if (Math.abs(promised[end] - earned[end]) * (foot - top) / (hi - lo) < 4) g.el("text", { x: right, y: up, "text-anchor": "end", style: bold + "fill:var(--a)" }, "promised and true");
else {
  g.el("text", { x: right, y: up, "text-anchor": "end", style: bold + "fill:var(--b)" }, "promised");
  g.el("text", { x: right, y: down > foot - 4 ? y(earned[end]) - 10 : down, "text-anchor": "end", style: bold + "fill:var(--a)" }, "true");
}
g.el("line", { x1: x(s.step), x2: x(s.step), y1: top - 8, y2: foot, class: "h" });
g.el("circle", { cx: x(s.step), cy: y(promised[i]), r: 5, class: "b" });
g.handle("step", x(s.step), y(earned[i]), (p) => ((p.x - left) / (right - left)) * last);

// how it rides by then: speed along the circuit, and where the tyres give way
const c = d.ride_steps.findLastIndex((step) => step <= s.step), ride = one.rides[c], high = 262, low = g.h - 24, most = 14;
const px = (m) => left + ((right - left) * m) / d.circuit, py = (v) => low - ((low - high) * v) / most;
const curve = (m) => d.tightest * Math.max(0, Math.sin((4 * Math.PI * m) / d.circuit)) ** 2, slides = ([m, v]) => v ** 2 * curve(m) > d.grip;
g.el("text", { x: 0, y: high - 16 }, g.w < 420 ? `ride of update ${d.ride_steps[c]} (shaded: tyres slide)` : `speed in the ride of update ${d.ride_steps[c]}, once round (shaded: the tyres slide)`);
for (const from of [0, d.circuit / 2]) {
  const edge = [...Array(41).keys()].map((k) => from + (d.circuit * k) / 160).map((m) => [px(m), py(Math.min(most, Math.sqrt(d.grip / (curve(m) || 1e-9))))]);
  g.el("polygon", { points: edge.map(([u, v]) => `${u.toFixed(1)},${v.toFixed(1)}`).join(" "), style: "fill:var(--b)", "fill-opacity": 0.16 });
  g.el("polyline", { points: edge.map(([u, v]) => `${u.toFixed(1)},${v.toFixed(1)}`).join(" "), class: "ld", style: "stroke-width:1.5" });
}
for (const v of [0, 7, 14]) {
  g.el("line", { x1: left, x2: right, y1: py(v), y2: py(v), class: "g" });
  g.el("text", { x: left - 6, y: py(v) + 5, "text-anchor": "end", class: "m" }, v || "m/s");
}
for (const m of [0, d.circuit]) g.el("text", { x: px(m), y: low + 18, "text-anchor": m ? "end" : "start", class: "m" }, m ? `${m} m` : 0);
const dots = ride.map(([m, v]) => [px(m), py(v)]);
g.el("polyline", { points: dots.map(([u, v]) => `${u.toFixed(1)},${v.toFixed(1)}`).join(" "), class: "la", style: "stroke-width:1.5" });
ride.forEach((step, k) => {
  const [u, v] = dots[k];
  if (slides(step)) g.el("path", { d: `M${u - 5},${v - 5}l10,10m-10,0l10,-10`, style: "stroke:var(--b);stroke-width:2.5;fill:none" });
  else g.el("circle", { cx: u, cy: v, r: 3, class: "a" });
});

// when to stop: only the truth can tell
const best = earned.indexOf(Math.max(...earned)), others = one.earned.slice(1).map((run) => run[i]), off = ride.filter(slides).length;
const verdict = i == best ? "Stopping here would have been right: no other update earns more."
  : earned[best] - earned[i] < d.close ? `Stopping here would do: the best, update ${d.steps[best]}, earns ${g.num(earned[best])}.`
    : `Stopping here would be too ${i < best ? "soon" : "late"}: update ${d.steps[best]} earns ${g.num(earned[best])}.`;
return `Update ${s.step}: ${g.num(promised[i])} promised a step, ${g.num(earned[i])} comes true ` +
  `(${others.length} recorded seeds: ${g.num(Math.min(...others))} to ${g.num(Math.max(...others))}). ${verdict} ` +
  `In the ride of update ${d.ride_steps[c]}, ${off} of ${ride.length} steps slide.`;
