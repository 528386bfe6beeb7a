"use strict";
// Tables that are wider than the page say so.
for (const box of document.querySelectorAll(".scroll")) {
  const mark = () => box.classList.toggle("wide", box.scrollWidth > box.clientWidth + 1);
  new ResizeObserver(mark).observe(box);
  mark();
}
// Charts tell their values under the pointer, or by the arrow keys.
const tip = document.createElement("div");
tip.id = "tip";
tip.setAttribute("role", "status");
document.body.append(tip);
const hide = () => { tip.className = ""; tip.textContent = ""; };
const REACH = 24;
for (const chart of document.querySelectorAll("svg[data-hover]")) {
  const panels = JSON.parse(chart.dataset.hover);
  const all = panels.flatMap((one) => [...one.points, ...one.bars.map((b) => [(b[0] + b[2]) / 2, (b[1] + b[3]) / 2, b[4]])]);
  let place = -1;
  const show = (text, x, y) => {
    tip.textContent = text;
    tip.className = "shown";
    const width = tip.offsetWidth;
    tip.style.left = Math.max(4, Math.min(x + 14, window.innerWidth - width - 4)) + "px";
    tip.style.top = Math.max(4, y - tip.offsetHeight - 10) + "px";
  };
  const found = (x, y) => {
    for (const { box, points, bars } of panels) {
      if (x < box[0] - 4 || x > box[2] + 4 || y < box[1] - 4 || y > box[3] + 4) continue;
      const bar = bars.find((one) => x >= one[0] && x <= one[2] && y >= one[1] && y <= one[3]);
      if (bar) return bar[4];
      let best = REACH, text = "";
      for (const [px, py, said] of points) {
        const away = Math.hypot(px - x, py - y);
        if (away < best) { best = away; text = said; }
      }
      return text;
    }
    return "";
  };
  chart.addEventListener("pointermove", (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
    const text = found(at.x, at.y);
    if (text) show(text, event.clientX, event.clientY); else hide();
  });
  chart.addEventListener("pointerleave", hide);
  chart.addEventListener("blur", hide);
  chart.tabIndex = 0;
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") hide();
    if (!step || !all.length) return;
    event.preventDefault();
    place = (place + step + all.length) % all.length;
    const [x, y, text] = all[place];
    const at = new DOMPoint(x, y).matrixTransform(chart.getScreenCTM());
    show(text, at.x, at.y);
  });
}
