// d: merges [left, right], order (number of each byte), texts {name: {bytes: [word][number], characters, theirs}}. s: text, count.
const one = d.texts[s.text], rank = new Map(d.merges.slice(0, s.count).map(([a, b], i) => [a * 65536 + b, i]));
const byte = [];
d.order.forEach((number, value) => (byte[number] = value));
const bytes = (token) => (token < 256 ? [byte[token]] : d.merges[token - 256].flatMap(bytes));
const cut = (word) => {
  const out = [...word];
  for (;;) {
    let best = Infinity;
    for (let i = 0; i + 1 < out.length; i++) best = Math.min(best, rank.get(out[i] * 65536 + out[i + 1]) ?? Infinity);
    if (best == Infinity) return out;
    const [a, b] = d.merges[best];
    for (let i = 0; i + 1 < out.length; i++) if (out[i] == a && out[i + 1] == b) out.splice(i, 2, 256 + best);
  }
};
const read = (token) => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes(token))).replace(/ /g, "·").replace(/\n/g, "↵");
  } catch {
    return "‹" + bytes(token).map((v) => v.toString(16).padStart(2, "0")).join(" ") + "›";
  }
};
const strip = (name, pieces) => {
  const p = g.add(g.side, "p", { class: "t" });
  g.add(p, "span", { class: "m" }, `${name}: `);
  pieces.forEach((piece, i) => {
    g.add(p, "b", { class: i % 2 ? "b" : "a" }, piece);
    p.append(" ");
  });
};
const tokens = one.bytes.flatMap(cut), size = one.bytes.reduce((sum, word) => sum + word.length, 0);
strip(`ours, ${tokens.length}`, tokens.map(read));
strip(`DeepSeek's, ${one.theirs.length}`, one.theirs.map((piece) => piece.replace(/ /g, "·")));
const X = (v) => (g.w - 60) * (v / size);
g.el("rect", { x: 0, y: 4, width: X(size), height: 24, rx: 2, class: "g", fill: "none" });
g.el("rect", { x: 0, y: 4, width: Math.max(1, X(tokens.length)), height: 24, rx: 2, class: "a" });
g.el("text", { x: X(tokens.length) + 6, y: 21, class: "m" }, `${tokens.length}`);
g.el("text", { x: 0, y: 50, class: "m" }, g.w >= 520 ? "bar: tokens; full length: one token for every byte. A dot · is a space, ‹e4› a byte that is no character" : "bar: tokens; full length: bytes");
return `${s.text}, ${s.count} merges: ${tokens.length} tokens for ${one.characters} characters, which are ${size} bytes. ` +
  `DeepSeek's tokenizer takes ${one.theirs.length}.`;
