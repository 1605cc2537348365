// d: most (largest reward), groups: [{rewards, lengths, chains}]. s: group, r1..r8 (changes of rewards), scale, mean.
const { rewards, lengths, chains } = d.groups[parseInt(s.group) - 1], n = rewards.length;
const r = rewards.map((x, i) => Math.max(0, Math.min(d.most, x + s["r" + (i + 1)])));
const mean = r.reduce((a, b) => a + b) / n;
const std = Math.sqrt(r.reduce((a, x) => a + (x - mean) ** 2, 0) / (n - 1));
const same = Math.max(...r) - Math.min(...r) < 1e-9;
const A = r.map((x) => (same ? 0 : (x - mean) / (s.scale == "yes" ? std + 1e-4 : 1)));
const perToken = s.mean == "over all tokens";
const weight = A.map((a, i) => Math.abs(a) / (perToken ? 1 : lengths[i]));

// three columns: reward (knobs), advantage (bars), chain (as long as its tokens, as dark as a token weighs)
const left = 30, track = g.w * 0.23, mid = left + track + g.w * 0.2, half = g.w * 0.11, chain = mid + half + 22, rest = g.w - chain;
const y = (i) => 44 + 32 * i, longest = Math.max(...lengths), heaviest = Math.max(...weight, 1e-9), steepest = Math.max(1.5, ...A.map(Math.abs));
const foot = y(n - 1) + 18, label = (x, y, text, anchor) => g.el("text", { x, y, class: "m", "text-anchor": anchor }, text);
const shown = /^r\d$/.test(g.last) ? g.last[1] - 1 : A.indexOf(Math.max(...A));
g.el("rect", { x: -6, y: y(shown) - 16, width: g.w + 12, height: 32, rx: 6, class: "p" });
label(left - 8, 14, "reward", "start");
label(mid, 14, "advantage", "middle");
g.w > 420 ? label(chain, 14, "tokens (darker: pushed harder)", "start") : label(g.w, 14, "push", "end");
g.el("line", { x1: mid, x2: mid, y1: 24, y2: foot, class: "h" });
const at = left + (track * mean) / d.most;
g.el("line", { x1: at, x2: at, y1: 24, y2: foot, class: "h", "stroke-dasharray": "2 4" });
label(at, foot + 14, "mean", "middle");
A.forEach((a, i) => {
  const color = a > 0 ? "a" : "b", width = (half * Math.abs(a)) / steepest;
  g.el("text", { x: 0, y: y(i) + 5, class: "m" }, i + 1);
  g.el("line", { x1: left, x2: left + track, y1: y(i), y2: y(i), class: "g", "stroke-width": 4, "stroke-linecap": "round" });
  g.el("rect", { x: a > 0 ? mid : mid - width, y: y(i) - 10, width, height: 20, rx: 2, class: color });
  g.el("text", { x: a > 0 ? mid - 5 : mid + 5, y: y(i) + 5, "text-anchor": a > 0 ? "end" : "start", class: "m" }, g.num(a, 2, 1));
  g.el("rect", { x: chain, y: y(i) - 10, width: (rest * lengths[i]) / longest, height: 20, rx: 3, class: "bg g" });
  g.el("rect", { x: chain, y: y(i) - 10, width: (rest * lengths[i]) / longest, height: 20, rx: 3, class: color, "fill-opacity": (0.9 * weight[i]) / heaviest });
  g.handle("r" + (i + 1), left + (track * r[i]) / d.most, y(i), (p) => ((p.x - left) / track) * d.most - rewards[i]);
});

const p = g.add(g.side, "p");
g.add(p, "span", { class: "m" }, `Answer ${shown + 1}, ${lengths[shown]} tokens: `);
g.add(p, "span", { class: "t" }, chains[shown]);
if (same) return `All eight answers earn ${g.num(r[0], 1)}: every advantage is 0, and this group teaches nothing.`;
const ratio = g.num(longest / Math.min(...lengths), 1);
return `Mean reward ${g.num(mean)}, spread ${g.num(std)}: advantages from ${g.num(Math.min(...A), 2, 1)} to ${g.num(Math.max(...A), 2, 1)}. ` +
  (perToken ? "Every token counts once, so long answers count more." : `Every answer weighs the same, so a token of the shortest weighs ${ratio} times as much as one of the longest.`);
