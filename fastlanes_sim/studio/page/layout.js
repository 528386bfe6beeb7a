// The layout of a group of workers: a row a workloop, its slots as tokens, its queues in the order in which it prefers them.

const QUEUES = ["fast_lane", "manual", "default", "*"];
const title = queue => queue === "*" ? "any" : queue.replace("_", " ");
const written = loops => loops.map(loop => `${loop.queues.join(">")}:${loop.slots}`).join(" ");
const MOST_TOKENS = 12;

// What is done is drawn at once; the server's answer confirms it.
function layoutEditor(holder, group, send) {
  const loops = group.loops.map(loop => ({queues: [...loop.queues], slots: loop.slots}));
  const change = edit => {
    edit();
    const left = loops.filter(loop => loop.slots > 0 && loop.queues.length);
    if (!left.length) return;
    for (const loop of left) loop.queues.sort((a, b) => (a === "*") - (b === "*"));
    keepingFocus(holder, () => layoutEditor(holder, {...group, loops: left}, send));
    send({do: "layout", group: group.index, layout: written(left)});
  };
  const key = (...parts) => [group.index, ...parts].join("/");
  let carried = null;

  const queueChip = (loop, row, place) => h("button", {
    type: "button", class: `chip ${loop.queues[place] === "*" ? "any" : loop.queues[place]}`, draggable: loop.queues[place] !== "*", "data-key": key(row, "queue", loop.queues[place]),
    "aria-label": `${title(loop.queues[place])}, preference ${place + 1} of ${loop.queues.length}. Arrow keys change the order, Delete removes it.`,
    ondragstart: event => { carried = {queue: place, row}; event.dataTransfer.setData("text/plain", loop.queues[place]); event.stopPropagation(); },
    ondragover: event => { if (carried && carried.row === row && carried.queue !== undefined) event.preventDefault(); },
    ondrop: event => {
      if (!carried || carried.row !== row || carried.queue === undefined) return;
      event.preventDefault(); event.stopPropagation();
      change(() => loop.queues.splice(place, 0, ...loop.queues.splice(carried.queue, 1)));
    },
    onkeydown: event => {
      const to = place + ({ArrowRight: 1, ArrowLeft: -1}[event.key] || 0);
      if (to !== place && to >= 0 && to < loop.queues.length && loop.queues[place] !== "*" && loop.queues[to] !== "*") {
        event.preventDefault();
        change(() => [loop.queues[place], loop.queues[to]] = [loop.queues[to], loop.queues[place]]);
      } else if ((event.key === "Delete" || event.key === "Backspace") && loop.queues.length > 1) {
        event.preventDefault();
        change(() => loop.queues.splice(place, 1));
      }
    },
  }, title(loop.queues[place]));

  const slotTokens = (loop, row) => h("div", {
    class: "slots", role: "spinbutton", tabindex: 0, "data-key": key(row, "slots"), "aria-label": `Slots of workloop ${row + 1}, ${loop.queues.map(title).join(", then ")}`,
    "aria-valuenow": loop.slots, "aria-valuemin": 1, "aria-valuetext": `${loop.slots} slot${loop.slots === 1 ? "" : "s"}`,
    onkeydown: event => {
      const by = {ArrowUp: 1, ArrowRight: 1, "+": 1, ArrowDown: -1, ArrowLeft: -1, "-": -1}[event.key];
      if (!by || (by < 0 && loop.slots === 1)) return;
      event.preventDefault();
      change(() => { loop.slots += by; });
    },
  },
  ...Array.from({length: Math.min(loop.slots, MOST_TOKENS)}, () => h("span", {
    class: "slot", draggable: true, title: "Drag it to another workloop",
    ondragstart: event => { carried = {slot: true, row}; event.dataTransfer.setData("text/plain", "slot"); event.stopPropagation(); },
  })), h("span", {class: "many"}, `${loop.slots}`));

  const loopRow = (loop, row) => h("li", {
    class: "loop",
    ondragover: event => { if (carried && carried.slot && carried.row !== row) { event.preventDefault(); event.currentTarget.classList.add("over"); } },
    ondragleave: event => event.currentTarget.classList.remove("over"),
    ondrop: event => {
      event.currentTarget.classList.remove("over");
      if (!carried || !carried.slot || carried.row === row) return;
      event.preventDefault();
      const from = loops[carried.row];
      change(() => { from.slots -= 1; loop.slots += 1; });
    },
  },
  h("div", {class: "queues", role: "group", "aria-label": `Queues of workloop ${row + 1}, in order of preference`},
    loop.queues.flatMap((_, place) => [place > 0 && h("span", {class: "then", "aria-hidden": "true"}, "›"), queueChip(loop, row, place)]),
    QUEUES.some(queue => !loop.queues.includes(queue)) && h("select", {
      class: "more", "aria-label": `Add a queue to workloop ${row + 1}`, "data-key": key(row, "add"),
      onchange: event => { const queue = event.target.value; change(() => loop.queues.splice(queue === "*" ? loop.queues.length : loop.queues.filter(one => one !== "*").length, 0, queue)); },
    }, h("option", {value: ""}, "+"), QUEUES.filter(queue => !loop.queues.includes(queue)).map(queue => h("option", {value: queue}, title(queue))))),
  h("div", {class: "counts"},
    h("button", {type: "button", class: "round", "aria-label": `One slot less in workloop ${row + 1}`, disabled: loop.slots === 1, "data-key": key(row, "less"), onclick: () => change(() => { loop.slots -= 1; })}, "−"),
    slotTokens(loop, row),
    h("button", {type: "button", class: "round", "aria-label": `One slot more in workloop ${row + 1}`, "data-key": key(row, "more"), onclick: () => change(() => { loop.slots += 1; })}, "+"),
    h("button", {type: "button", class: "round quiet", "aria-label": `Remove workloop ${row + 1}`, disabled: loops.length === 1, "data-key": key(row, "remove"), onclick: () => change(() => { loop.slots = 0; })}, "×")));

  replace(holder,
    h("ol", {class: "loops", "aria-label": `Workloops of ${group.name}`}, loops.map(loopRow)),
    h("button", {type: "button", class: "link", "data-key": key("new"), title: "Slots of their own for the queues that you choose: no other run takes them", onclick: () => change(() => loops.push({queues: ["fast_lane"], slots: 1}))}, "+ workloop ", h("span", {class: "soft"}, "slots kept for one lane")));
}
