// d: [{words: [string], chosen: [0 or 1]}]. s: answer.
const { words, chosen } = d[s.answer - 1], longest = Math.max(...d.map((one) => one.words.length));
const cell = Math.min(22, (g.w - 8) / longest);
words.forEach((word, i) => {
  const ours = chosen[i], x = 4 + cell * i;
  g.el("rect", { x, y: ours ? 22 : 18, width: cell - 1.5, height: ours ? 14 : 22, rx: 2, class: ours ? "a" : "b" });
});
g.el("text", { x: 4, y: 13, class: "m" }, "a mark a word; tall: changed by the pen");
const p = g.add(g.side, "p", { class: "t" });
words.forEach((word, i) => {
  g.add(p, chosen[i] ? "span" : "u", /^<|^[a-l]$/.test(word) ? { class: "m" } : {}, word);
  p.append(" ");
});
const n = words.length, slips = n - chosen.reduce((sum, one) => sum + one, 0);
return slips
  ? `${n} words; the pen changed ${slips == 1 ? "1 word" : `${slips} words`}, and the loss leaves ${slips == 1 ? "it" : "them"} out.`
  : `${n} words, all chosen by the policy: all carry loss.`;
