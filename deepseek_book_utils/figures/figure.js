// DV(name, draw) starts every copy of a figure that does not run yet. No library, no timer, no network.
// A figure is drawn when it comes within a screen of what the reader sees, or goes to paper. Its room is kept until
// then; one that writes a text of unknown height below (data-panel) is drawn at once.
// draw(s, d, g) draws once and returns the sentence: s values of the controls, d data, g tools:
//   g.w, g.h           size of the drawing in real pixels
//   g.el(tag, attrs, text)          adds a mark to the drawing
//   g.add(parent, tag, attrs, text) adds an element anywhere, for example to g.side, the text panel below
//   g.handle(key, x, y, value)      a knob that drags the control `key`; value(point) -> its new value
//   g.drag[key] = value             the same for any mark with the attribute data-drag=key
//   g.num(x, digits, plus)          a number with a true minus sign, and a plus sign if wanted
//   g.power(n)         ten to the power n, as in 10⁻³
//   g.last             name of the control that changed last
//   g.until[key] = value            where playing ends, if before the end of the slider `key`
window.DV = (name, draw) => {
  for (const fig of document.querySelectorAll(`[data-dv="${name}"]:not([data-on])`)) {
    fig.dataset.on = 1;
    const find = (css) => fig.querySelector(css);
    const svg = find("svg"), sentence = find(".dv-s"), box = find("fieldset"), side = find(".dv-x");
    const data = JSON.parse(find('[type="application/json"]').textContent);
    const inputs = [...box.elements].filter((i) => i.name);
    const values = {}, drag = {}, until = {}, h = svg.viewBox.baseVal.height;
    let waiting, last, held, width, drawn;

    const add = (parent, tag, attrs, text) => {
      const node = document.createElementNS(parent.namespaceURI, tag);
      for (const key in attrs) node.setAttribute(key, attrs[key]);
      if (text != null) node.textContent = text;
      parent.append(node);
      return node;
    };
    const el = (tag, attrs, text) => add(svg, tag, attrs, text);
    const handle = (key, x, y, value) => {
      drag[key] = value;
      el("circle", { class: "a knob", cx: x, cy: y, r: 11 });
      el("circle", { "data-drag": key, cx: x, cy: y, r: 22, "fill-opacity": 0 });
    };
    const num = (x, digits = 2, plus) => {
      const size = (Math.abs(x) + 1e-9).toFixed(digits);
      return (+size ? (x < 0 ? "−" : plus ? "+" : "") : "") + size;
    };
    const power = (n) => "10" + `${n}`.replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻");

    const run = () => {
      waiting = 0;
      drawn = true;
      const w = Math.max(280, Math.min(720, svg.clientWidth || 680));
      svg.removeAttribute("style");
      svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
      for (const i of inputs) {
        values[i.name] = i.type == "range" ? +i.value : i.value;
        if (i.type == "range") i.parentNode.querySelector(".dv-o").textContent = i.value;
      }
      svg.replaceChildren();
      side.replaceChildren();
      sentence.ariaLive = last?.type == "range" ? "off" : "polite"; // a slider speaks the sentence itself
      sentence.textContent = draw(values, data, { el, add, handle, drag, num, power, w, h, side, until, last: last?.name });
      for (const i of inputs) if (i.type == "range") i.setAttribute("aria-valuetext", i == last ? `${i.value}. ${sentence.textContent}` : i.value);
    };
    const ask = () => (waiting ||= requestAnimationFrame(run));
    const changed = (input) => input.dispatchEvent(new Event("input", { bubbles: true }));

    box.addEventListener("input", (e) => {
      last = e.target;
      if ("resets" in last.dataset) for (const i of inputs) if (i.closest(".dv-h")) i.value = i.defaultValue;
      ask();
    });
    const move = (e) => {
      const point = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse());
      box.elements[held].value = drag[held](point);
      changed(box.elements[held]);
    };
    svg.addEventListener("pointerdown", (e) => {
      held = e.target.closest("[data-drag]")?.dataset.drag;
      if (!held) return;
      svg.setPointerCapture(e.pointerId);
      box.elements[held].focus({ preventScroll: true });
      e.preventDefault();
      move(e);
    });
    svg.addEventListener("pointermove", (e) => held && move(e));
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => (held = ""));

    // A play button moves its slider at real speed, to the end or until the button or the slider is touched.
    for (const button of box.querySelectorAll("[data-play]")) {
      const input = box.elements[button.dataset.play], lo = +input.min, label = button.ariaLabel;
      const speed = (input.max - lo) / button.dataset.seconds / 1000;
      let at, before, frame = 0, own;
      const word = (text) => button.setAttribute("aria-label", label.replace("Play", (button.textContent = text)));
      const stop = () => {
        cancelAnimationFrame(frame);
        frame = 0;
        word("Play");
      };
      const end = () => Math.min(input.max, until[input.name] ?? input.max);
      const next = (now) => {
        at = Math.min(end(), at + speed * Math.min(100, now - before));
        before = now;
        input.value = at;
        own = true;
        changed(input);
        own = false;
        if (at < end() && fig.isConnected) frame = requestAnimationFrame(next);
        else stop();
      };
      button.addEventListener("click", () => {
        if (frame) return stop();
        window.DVstop?.();
        window.DVstop = stop;
        at = +input.value < end() ? +input.value : lo;
        before = performance.now();
        word("Pause");
        frame = requestAnimationFrame(next);
      });
      input.addEventListener("input", () => own || stop());
    }

    box.hidden = false;
    find("details").open = false;
    svg.style.cssText = `display: block; height: ${h}px`;
    const resized = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width != width) ask();
      width = contentRect.width;
    });
    const near = window.IntersectionObserver && new IntersectionObserver((seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      near.disconnect();
      resized.observe(fig);
    }, { rootMargin: "100% 0px" });
    if (near && !("panel" in fig.dataset)) near.observe(fig);
    else resized.observe(fig);
    addEventListener("beforeprint", () => drawn || run());
  }
};
