// d: worlds [{name, map (a letter a place, by row), columns, trained, episodes {stage: {number, length, cut, places, rewards}}}].
// s: world, stage, step.
const world = d.worlds.find((one) => one.name == s.world), episode = world.episodes[s.stage], last = episode.places.length - 1;
const step = Math.min(last, s.step), columns = world.columns, rows = world.map.length / columns;
g.until.step = last;

// the map: start, goal, what is dangerous
const cell = Math.min((g.w - 4) / columns, (g.h - 6) / rows), x0 = (g.w - cell * columns) / 2, y0 = (g.h - cell * rows) / 2;
const mid = (place) => [x0 + ((place % columns) + 0.5) * cell, y0 + (Math.floor(place / columns) + 0.5) * cell];
const names = { S: "start", G: "goal", H: "hole" };
for (let place = 0; place < world.map.length; place++) {
  const [x, y] = mid(place), kind = world.map[place], danger = kind == "C" || kind == "H";
  g.el("rect", { x: x - cell / 2 + 1, y: y - cell / 2 + 1, width: cell - 2, height: cell - 2, rx: 4, class: danger ? "b" : kind == "G" ? "a" : "p", "fill-opacity": danger ? 0.35 : kind == "G" ? 0.4 : 1 });
  if (names[kind] && cell >= 34) g.el("text", { x, y: y + cell / 2 - 6, "text-anchor": "middle", class: "m", style: "font-size:12px;fill:var(--ink)" }, names[kind]);
}
const edge = [...world.map].lastIndexOf("C"), brink = world.map.indexOf("C");
if (edge >= 0) g.el("text", { x: (mid(brink)[0] + mid(edge)[0]) / 2, y: mid(edge)[1] + 5, "text-anchor": "middle" }, "cliff");
if (cell < 34) for (const kind of "SG") g.el("text", { x: mid(world.map.indexOf(kind))[0], y: mid(world.map.indexOf(kind))[1] + 5, "text-anchor": "middle", style: "font-size:12px" }, kind);

// the whole way, pale, and the way so far: a fall is no step, the line begins again at the start
const way = (end, opacity) => {
  let stretch = [mid(episode.places[0])];
  const draw = () => stretch.length > 1 && g.el("polyline", { points: stretch.join(" "), class: "h", fill: "none", "stroke-width": 2.5, "stroke-opacity": opacity });
  for (let i = 1; i <= end; i++) {
    if (episode.rewards[i - 1] == -100) {
      draw();
      stretch = [];
    }
    stretch.push(mid(episode.places[i]));
  }
  draw();
};
way(last, 0.2);
way(step, 0.7);
const paid = episode.rewards.slice(0, step), total = paid.reduce((sum, reward) => sum + reward, 0);
const falls = paid.filter((reward) => reward == -100).length;

// the robot
const [x, y] = mid(episode.places[step]), r = 0.26 * cell;
g.el("rect", { x: x - r, y: y - r, width: 2 * r, height: 1.8 * r, rx: r / 2.5, class: "a" });
g.el("line", { x1: x, x2: x, y1: y - r, y2: y - 1.5 * r, style: "stroke:var(--a);stroke-width:2" });
g.el("circle", { cx: x, cy: y - 1.5 * r, r: Math.max(2, r / 5), class: "a" });
for (const side of [-1, 1]) g.el("circle", { cx: x + side * 0.42 * r, cy: y - 0.25 * r, r: 0.22 * r, class: "bg" });

let where = `row ${Math.floor(episode.places[step] / columns) + 1}, column ${(episode.places[step] % columns) + 1}`;
const ending = episode.cut ? `so far: the episode has ${episode.length} steps` : { G: "the goal", H: "a hole in the ice" }[world.map[episode.places[last]]] ?? "time was up";
if (step == last) where += ` (${ending})`;
return `${world.name}, ${s.stage} (${episode.number} of ${world.trained}), step ${step} of ${last}: ${where}. ` +
  `Sum of rewards: ${g.num(total, 0)}${edge >= 0 ? `; falls: ${falls}` : ""}.`;
