// Search results fetch a summary of each page, which a browser refuses on file://; there the titles must do.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// One switch hides all code of a chapter; prose, figures and claims stay.
addEventListener("DOMContentLoaded", () => {
  const list = document.querySelector(".chapter-header ul"), root = document.documentElement;
  if (!list) return;
  const item = list.appendChild(document.createElement("li")), button = item.appendChild(document.createElement("button"));
  const set = (hidden) => {
    root.classList.toggle("no-code", hidden);
    button.textContent = hidden ? "Show all code" : "Hide all code";
  };
  button.type = "button";
  button.onclick = () => set(!root.classList.contains("no-code"));
  set(false);
});

// A search hit is scrolled to, not only marked.
addEventListener("load", () => setTimeout(() => {
  document.querySelector("article span.highlighted")?.scrollIntoView({ block: "center" });
}, 50));

// Paper is light, whatever the screen is.
const theme = document.documentElement.dataset;
let screen_theme;
addEventListener("beforeprint", () => { screen_theme = theme.theme; theme.theme = "light"; });
addEventListener("afterprint", () => { theme.theme = screen_theme; });
