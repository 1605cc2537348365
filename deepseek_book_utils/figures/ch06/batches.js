// d: networks {width, parameters, accuracy, milliseconds [batch]}, the teacher last; batches. s: batch, width.
const at = d.batches.indexOf(+s.batch), teacher = d.networks.at(-1), student = d.networks.find((one) => one.width == s.width);
const all = d.networks.map((one) => one.milliseconds[at] / d.batches[at]), every = d.networks.flatMap((one) => one.milliseconds.map((v, i) => v / d.batches[i]));
const left = 44, right = g.w - 20, top = 40, foot = 250, lo = Math.log10(Math.min(...every)) - 0.1, hi = Math.log10(Math.max(...every)) + 0.1;
const X = (v) => left + ((right - left) * (Math.log10(v) - lo)) / (hi - lo), floor = 0.6, Y = (v) => foot - ((foot - top) * (Math.max(v, floor) - floor)) / (1 - floor);
g.el("text", { x: 0, y: 14 }, "share of test digits read right");
for (const v of [0.6, 0.7, 0.8, 0.9, 1]) {
  g.el("line", { x1: left, x2: right, y1: Y(v), y2: Y(v), class: "g" });
  g.el("text", { x: left - 6, y: Y(v) + 4, "text-anchor": "end", class: "m" }, g.num(v, 1));
}
for (const v of [0.0001, 0.001, 0.01, 0.1]) {
  if (Math.log10(v) < lo || Math.log10(v) > hi) continue;
  g.el("line", { x1: X(v), x2: X(v), y1: top, y2: foot, class: "g" });
  g.el("text", { x: X(v), y: foot + 17, "text-anchor": "middle", class: "m" }, v);
}
g.el("text", { x: right, y: foot + 36, "text-anchor": "end", class: "m" }, "milliseconds of CPU time a picture, log scale");
d.networks.forEach((one, i) => {
  if (one.accuracy < floor) return;
  const last = one == teacher, big = last || one == student;
  g.el("circle", { cx: X(all[i]), cy: Y(one.accuracy), r: big ? 7 : 4, class: last ? "b" : "a", opacity: big ? 1 : 0.5 });
  const late = X(all[i]) > g.w / 2; // a name below its dot, towards the middle
  if (big) g.el("text", { x: X(all[i]) + (late ? 7 : -7), y: Y(one.accuracy) + (last ? -12 : 21), "text-anchor": late ? "end" : "start" }, last ? "teacher" : `${one.width} units`);
});
const [mine, its] = [student.milliseconds[at], teacher.milliseconds[at]], n = d.batches[at];
return `${n} ${n == 1 ? "picture takes" : "pictures take"} the teacher ${g.num(its, 3)} ms and the student of ${s.width} units ${g.num(mine, 3)} ` +
  `ms, ${g.num(its / mine, 1)} times less. The student is ${g.num(teacher.parameters / student.parameters, 0)} times smaller and reads ` +
  `${g.num(100 * student.accuracy, 1)} %, the teacher ${g.num(100 * teacher.accuracy, 1)} %.`;
