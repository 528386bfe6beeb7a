// Charts as SVG, in the page's own colours. They draw what they are given.

const nines = share => -Math.log10(1 - Math.min(share, 0.99999));
const lane = name => `var(--lane-${name})`;

function frame(width, height, left, label, role = "img") {
  const root = s("svg", {viewBox: `0 0 ${width} ${height}`, width, height, role, "aria-label": label});
  return {root, left, right: width - 14, top: 14, bottom: height - 30};
}

function horizontal(box, at, text) {
  box.root.append(
    s("line", {x1: box.left, x2: box.right, y1: at, y2: at, class: "grid"}),
    s("text", {x: box.left - 8, y: at + 4, class: "tick", "text-anchor": "end"}, text));
}

function vertical(box, at, text, grid = true) {
  if (grid) box.root.append(s("line", {x1: at, x2: at, y1: box.top, y2: box.bottom, class: "grid"}));
  if (text) box.root.append(s("text", {x: at, y: box.bottom + 18, class: "tick", "text-anchor": "middle"}, text));
}

const path = points => points.map(([x, y], place) => `${place ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

// The share of runs that took at most so long; each further nine takes the same room.
function distribution(width, height, data, before, durations) {
  const box = frame(width, height, 62, "Share of runs that took at most so long, a curve a lane");
  const all = [...data.curves, ...(before ? before.curves : [])];
  const times = all.flatMap(one => one.points.map(point => Math.max(point[0], 1000))).concat(data.marks.map(mark => mark.x));
  if (!times.length) return nothing(box, data.curves.length ? "none has come so far" : "no runs");
  const low = Math.log10(Math.min(...all.map(one => one.points.length ? Math.max(one.points[Math.floor(one.points.length / 40)][0], 1000) : 1e6)) / 1.5);
  const high = Math.log10(Math.max(...times, 10 ** (low + 2)) * 1.5);
  const most = nines(1 - 0.4 / Math.max(...all.map(one => one.runs), 20));
  const x = time => box.left + (box.right - box.left) * Math.min(1, Math.max(0, (Math.log10(Math.max(time, 1000)) - low) / (high - low)));
  const y = share => box.bottom - (box.bottom - box.top) * Math.min(1, nines(share) / most);
  [[0, "0 %"], [0.5, "50 %"], [0.9, "90 %"], [0.99, "99 %"], [0.999, "99.9 %"], [0.9999, "99.99 %"]]
    .filter(([share]) => nines(share) <= most).forEach(([share, text]) => horizontal(box, y(share), text));
  durations.filter(([us]) => Math.log10(us) >= low && Math.log10(us) <= high).forEach(([us, text]) => vertical(box, x(us), text));
  const line = (one, look) => {
    const steps = [];
    let level = 0;
    for (const [time, share] of one.points) { steps.push([x(time), y(level)], [x(time), y(share)]); level = share; }
    box.root.append(s("path", {d: path(steps), class: look, stroke: lane(one.lane)}));
  };
  if (before) before.curves.forEach(one => line(one, "curve before"));
  data.curves.forEach(one => line(one, "curve"));
  if (data.curves.length && !data.curves.some(one => one.points.length)) nothing(box, "none has come so far");
  for (const mark of data.marks) {
    const at = [x(mark.x), y(mark.y)];
    box.root.append(
      s("circle", {cx: at[0], cy: at[1], r: 6, fill: `var(--${mark.outcome})`, class: "mark"}, s("title", {}, `${mark.text}: ${mark.outcome}`)),
      s("text", {x: at[0] + 10, y: at[1] + 4, class: "name", "text-anchor": at[0] > box.right - 120 ? "end" : "start", dx: at[0] > box.right - 120 ? -20 : 0}, mark.text));
  }
  return box.root;
}

function nothing(box, words) {
  box.root.append(s("text", {x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, class: "tick", "text-anchor": "middle"}, words));
  return box.root;
}

// Waits over time: the median as a line, up to p90 and to the longest as bands; the slowest runs as dots that open their lives.
// Above a time whose runs have not all started stands a triangle: there the waits are lower bounds.
function waits(width, height, answer, durations, open) {
  const box = frame(width, height, 62, "Waits by when runs were inserted: median, p90 and the longest, a band a lane; a triangle where some have not started", "group");
  const values = answer.bands.flatMap(band => [...band.median, ...band.longest]).filter(value => value !== null).map(value => Math.max(value, 1000));
  if (!values.length) return nothing(box, "no runs");
  const low = Math.log10(Math.min(...values) / 1.4), high = Math.max(low + 1.5, Math.log10(Math.max(...values) * 1.6));
  const x = time => box.left + (box.right - box.left) * time / answer.horizon;
  const y = time => box.bottom - (box.bottom - box.top) * (Math.log10(Math.max(time, 1000)) - low) / (high - low);
  durations.filter(([us]) => Math.log10(us) >= low && Math.log10(us) <= high).forEach(([us, text]) => horizontal(box, y(us), text));
  answer.ticks.forEach(([at, text]) => vertical(box, x(at), text, false));
  for (const band of answer.bands) {
    for (const [edge, look] of [["longest", "band far"], ["p90", "band"]]) box.root.append(s("path", {d: area(band, edge, x, y), class: look, fill: lane(band.lane)}));
    box.root.append(s("path", {d: stairs(band.edges, band.median, x, y), class: "curve", stroke: lane(band.lane)}));
    band.unstarted.forEach((many, place) => {
      if (!many) return;
      const at = x((band.edges[place] + band.edges[place + 1]) / 2), tip = Math.max(box.top, y(1.25 * band.longest[place]) - 4);
      const words = `${many.toLocaleString("en")} run${many === 1 ? "" : "s"} of ${band.title} inserted then ${many === 1 ? "has" : "have"} not started`;
      box.root.append(s("path", {d: `M${(at - 3.5).toFixed(1)} ${(tip + 6).toFixed(1)}h7l-3.5 -6Z`, class: "unstarted", stroke: lane(band.lane)}, s("title", {}, words)));
    });
  }
  for (const run of answer.late) {
    const words = `Run ${run.run} of ${run.workflow}, after ${run.when}: waited ${run.shown}. Open its life.`;
    box.root.append(s("circle", {
      cx: x(run.at), cy: Math.max(box.top, y(run.wait)), r: 5, class: "late", tabindex: 0, role: "button", "aria-label": words,
      onclick: () => open(run.run), onkeydown: event => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(run.run); } },
    }, s("title", {}, words)));
  }
  return box.root;
}

function stairs(edges, values, x, y) {
  let drawn = "", down = false;
  values.forEach((value, place) => {
    if (value === null) { down = false; return; }
    drawn += `${down ? "L" : "M"}${x(edges[place]).toFixed(1)} ${y(value).toFixed(1)}L${x(edges[place + 1]).toFixed(1)} ${y(value).toFixed(1)}`;
    down = true;
  });
  return drawn;
}

function area(band, edge, x, y) {
  return band.median.map((low, place) => {
    const high = band[edge][place];
    if (low === null || high === null) return "";
    const [a, b] = [x(band.edges[place]), x(band.edges[place + 1])].map(one => one.toFixed(1));
    return `M${a} ${y(low).toFixed(1)}H${b}V${y(high).toFixed(1)}H${a}Z`;
  }).join("");
}

// How full each workloop was: a strip a workloop, its height the share of its slots that were busy.
function busy(width, rows, ticks, horizon) {
  const strip = 40, gap = 14;
  const box = frame(width, rows.length * (strip + gap) + 44, 14, "Busy slots of each workloop over time");
  box.bottom = rows.length * (strip + gap) + 14;
  const x = time => box.left + (box.right - box.left) * time / horizon;
  rows.forEach((row, place) => {
    const floor = (place + 1) * (strip + gap);
    const y = slots => floor - (strip - 14) * slots / row.slots;
    box.root.append(
      s("text", {x: box.left, y: floor - strip + 8, class: "name"}, `${row.token}  ·  ${row.slots} slot${row.slots === 1 ? "" : "s"}`),
      s("line", {x1: box.left, x2: box.right, y1: floor, y2: floor, class: "axis"}),
      s("line", {x1: box.left, x2: box.right, y1: y(row.slots), y2: y(row.slots), class: "grid"}),
      s("path", {d: `M${x(row.edges[0])} ${floor}` + row.mean.map((mean, i) => `L${x(row.edges[i]).toFixed(1)} ${y(mean).toFixed(1)}L${x(row.edges[i + 1]).toFixed(1)} ${y(mean).toFixed(1)}`).join("") + `L${x(row.edges.at(-1))} ${floor}Z`, class: "fill"}));
  });
  ticks.forEach(([at, text]) => vertical(box, x(at), text, false));
  return box.root;
}

// What replications say of an objective beside its bound: the interval as a bar, its mean as a tick, what is allowed as the ground.
function interval(one, outcome) {
  const width = 150, height = 16, most = Math.max(one.high, one.bound, 1e-9) * 1.12;
  const x = value => width * Math.min(1, Math.max(0, value / most));
  const bound = x(one.bound);
  return s("svg", {class: "interval", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": one.words},
    s("title", {}, one.words),
    s("rect", {x: one.most ? 0 : bound, width: one.most ? bound : width - bound, y: 3, height: 10, class: "allowed"}),
    s("rect", {x: x(one.low), width: Math.max(2, x(one.high) - x(one.low)), y: 5, height: 6, rx: 2, fill: `var(--${outcome})`}),
    s("line", {x1: x(one.mean), x2: x(one.mean), y1: 2, y2: 14, stroke: `var(--${outcome})`, "stroke-width": 2}),
    s("line", {x1: bound, x2: bound, y1: 0, y2: 16, class: "axis"}));
}
