// Search results fetch a summary of each page, which a browser refuses on file://; there the titles must do.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// What is far from the window is not laid out (book.css), until something asks for its size: a slow phone then works for
// seconds. So here only what is shown is asked, and what is skipped has the place of the section or cell that is skipped.
const shown = (one) => one.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
const place = (one) => {
  let box = one;
  while (!shown(box)) box = box.parentElement;
  return box === one || box.matches(".chapter-header ~ section, .cell") ? box.getBoundingClientRect() : null; // hidden
};
// What is laid out at last is measured as after a change of the window, by the theme's script too.
addEventListener("contentvisibilityautostatechange", ({ skipped }) => { if (!skipped) dispatchEvent(new Event("resize")); }, true);

// One switch hides all code of the chapters; prose, figures and claims stay. The browser remembers it, if it
// may, and the page's first script asks it.
const root = document.documentElement;
const remember = (hidden) => { try { localStorage.setItem("code", hidden ? "hidden" : "shown"); } catch { /* for this page only */ } };
addEventListener("DOMContentLoaded", () => {
  const list = document.querySelector(".chapter-header ul");
  if (!list) return;
  const item = list.appendChild(document.createElement("li")), button = item.appendChild(document.createElement("button"));
  const say = () => { button.textContent = root.classList.contains("no-code") ? "Show all code" : "Hide all code"; };
  button.type = "button";
  button.onclick = () => { remember(root.classList.toggle("no-code")); say(); };
  say();
});

// "On this page" follows the reader: the last section that began in the upper third of the window.
addEventListener("DOMContentLoaded", () => {
  const links = [...document.querySelectorAll("#pst-page-toc-nav a")], entries = document.querySelectorAll("#pst-page-toc-nav li");
  const parts = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  let waiting = 0;
  const follow = () => {
    waiting = 0;
    const at = parts.findLastIndex((part) => part && shown(part) && part.getBoundingClientRect().top < innerHeight / 3);
    for (const [i, link] of links.entries()) {
      link.classList.toggle("active", i === at);
      if (i === at) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    for (const entry of entries) entry.classList.toggle("active", entry.contains(links[at] ?? null));
  };
  for (const event of ["scroll", "resize"]) addEventListener(event, () => { waiting ||= requestAnimationFrame(follow); }, { passive: true });
  follow();
});

// A formula that is wider than its place scrolls inside itself, so it takes the focus and has a name.
const reach_formulas = () => {
  for (const formula of [...document.querySelectorAll(".math")].filter(shown)) {
    const wide = formula.scrollWidth > formula.clientWidth + 1;
    for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", "Formula"]])
      if (wide) formula.setAttribute(name, value);
      else formula.removeAttribute(name);
  }
};
let resized = 0;
addEventListener("load", reach_formulas);
addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(reach_formulas, 200); });

// Code in a fold that opens is a stop of the Tab key if it scrolls; the theme's script looks at what is shown from the first.
addEventListener("toggle", ({ target }) => {
  if (target.open) for (const code of target.querySelectorAll("pre")) code.tabIndex = code.scrollWidth > code.clientWidth ? 0 : -1;
}, true);

// A search hit is scrolled to, not only marked; one that lies in hidden or folded code is brought to light.
addEventListener("load", () => setTimeout(() => {
  const hits = [...document.querySelectorAll("article span.highlighted")];
  const hit = hits.find((one) => one.checkVisibility()) ?? hits[0];
  if (!hit) return;
  if (!hit.checkVisibility()) root.classList.remove("no-code");
  for (let box = hit.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  hit.scrollIntoView({ block: "center" });
}, 50));

// The search shows prose of a page: no buttons, no equations, no drawings.
if (typeof Search !== "undefined") {
  const text = (part) => part?.textContent.replace(/\s+/g, " ") ?? "";
  const prose = Search.makeSearchSummary, none = "script, style, svg, button, summary, .headerlink, .chapter-header, .pill, .letters";
  const blocks = "div, p, li, dt, dd, td, th, tr, pre, figure, figcaption, caption, section, h1, h2, h3, h4, h5, h6";
  Search.makeSearchSummary = (html, words, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html"), has = (found) => [...words].some((word) => found.toLowerCase().includes(word));
    page.querySelectorAll(none).forEach((one) => one.remove());
    page.querySelectorAll(".math").forEach((one) => one.replaceWith("…"));
    page.querySelectorAll(blocks).forEach((one) => { one.prepend(" "); one.append(" "); }); // no words of two blocks in one
    const target = anchor ? page.getElementById(anchor.slice(1)) : null, part = target || page.querySelector("article.bd-article");
    const entry = target?.matches("dt") ? target.parentElement.querySelector(`#${CSS.escape(target.id)} ~ dd`) : null;
    const whole = entry ? `${text(target).trim()}: ${text(entry).trim()}` : text(part);
    part?.querySelectorAll(".cell_input, pre").forEach((one) => one.remove());
    Search.htmlToText = () => (entry || !has(text(part)) ? whole : text(part));
    return prose(html, words, anchor);
  };
}

// Paper is light, whatever the screen is.
const theme = document.documentElement.dataset;
let screen_theme;
addEventListener("beforeprint", () => { screen_theme = theme.theme; theme.theme = "light"; });
addEventListener("afterprint", () => { theme.theme = screen_theme; });

// The Tab key stops where the reader is: at what stands in the window, and at twenty stops before and after it. They move
// along with the focus at once, and with scrolling, so each is reached in its turn; a long chapter has three hundred.
addEventListener("DOMContentLoaded", () => {
  const article = document.querySelector(".bd-article"), resting = new Set(), AROUND = 20, FOLLOWS = 4;
  if (!article) return;
  const follow = () => {
    const placed = [...article.querySelectorAll("a[href], button, input, select, summary")]
      .filter((one) => resting.has(one) || one.tabIndex >= 0).map((one) => [one, place(one)]).filter(([, box]) => box);
    const stops = placed.map(([one]) => one), boxes = placed.map(([, box]) => box), at = document.activeElement;
    const focused = article.contains(at) ? stops.findIndex((one) => one == at || at.compareDocumentPosition(one) & FOLLOWS) : -1;
    let first = boxes.findIndex((box) => box.bottom > 0), last = boxes.findLastIndex((box) => box.top < innerHeight);
    if (first < 0) first = stops.length;
    if (focused >= 0) [first, last] = [Math.min(first, focused), Math.max(last, focused)];
    for (const [i, one] of stops.entries()) {
      const rests = i < first - AROUND || i > last + AROUND;
      if (rests === resting.has(one)) continue;
      if (rests) { resting.add(one); one.tabIndex = -1; } else { resting.delete(one); one.removeAttribute("tabindex"); }
    }
  };
  let waiting = 0;
  addEventListener("scroll", () => { waiting ||= setTimeout(() => { waiting = 0; follow(); }, 100); }, { passive: true });
  addEventListener("focusin", follow);
  addEventListener("load", follow);
});
