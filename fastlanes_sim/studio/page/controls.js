// The left side: sliders, numbers and switches. They are drawn anew only when there are others; else their values are set.

// A cron expression is not broken into lines.
const whole = label => label.replace(/(?<=[*\d]) (?=[*\d])/g, "\u00a0");

function controlRow(control, send) {
  const calm = calmly(70, value => send({do: "set", path: control.path, value}));
  const id = `c-${control.path}`;
  const label = h("label", {for: id, title: control.help || (control.under ? control.label : undefined)}, whole(control.under || control.label));
  const shown = h("output", {class: "value", for: id}, control.shown);
  let input, set;
  if (control.kind === "switch") {
    input = h("input", {type: "checkbox", role: "switch", id, checked: control.value, onchange: event => send({do: "set", path: control.path, value: event.target.checked})});
    set = one => { input.checked = one.value; shown.textContent = one.shown; };
  } else if (control.kind === "text" || control.kind === "number") {
    input = h("input", {type: "text", id, "aria-label": control.under ? control.label : undefined, value: control.value, spellcheck: "false", onchange: event => send({do: "set", path: control.path, value: event.target.value})});
    shown.textContent = "";
    set = one => { if (!focused(input)) input.value = one.value; };
  } else if (control.kind === "count") {
    input = h("input", {type: "number", id, min: 1, step: 1, value: control.value, required: true, oninput: event => { if (event.target.checkValidity()) calm(event.target.valueAsNumber); }, onchange: event => event.target.reportValidity()});
    shown.textContent = "";
    set = one => { if (!focused(input)) input.value = one.value; };
  } else {
    let ends = null;
    const place = value => 1000 * Math.log(value / ends[0]) / Math.log(ends[1] / ends[0]);
    input = h("input", {type: "range", id, min: 0, max: 1000, step: 5, oninput: event => calm(ends[0] * (ends[1] / ends[0]) ** (event.target.valueAsNumber / 1000))});
    set = one => {
      ends = [one.low, Math.max(one.high, one.low * 1.01)];
      if (!input.matches(":active")) input.value = place(one.value);
      input.setAttribute("aria-valuetext", one.shown);
      shown.textContent = one.shown;
    };
    set(control);
  }
  const row = h("div", {class: `control ${control.kind === "number" ? "text" : control.kind}${control.under ? " under" : ""}`}, label, shown, input);
  return {row, set};
}

const focused = input => input.getRootNode().activeElement === input;

function controlsPanel(send) {
  const place = h("div", {class: "controls"});
  let shape = "", setters = new Map(), layouts = [];
  const rows = controls => controls.map(control => {
    const {row, set} = controlRow(control, send);
    setters.set(control.path, set);
    return row;
  });
  const section = (name, ...content) => h("section", {}, h("h2", {}, name), content);

  function draw(all) {
    setters = new Map();
    layouts = [];
    const workers = all.workers.map(group => {
      const holder = h("div", {class: "layout"});
      layouts.push(holder);
      const head = all.workers.length > 1 ? h("h3", {}, group.name) : null;
      return h("div", {class: "group"}, head, holder, group.note ? h("p", {class: "soft note"}, group.note) : null, rows(group.controls));
    });
    const sources = all.sources.filter(source => source.controls.length).map(source => h("details", {class: "source", open: all.sources.length <= 4},
      h("summary", {}, h("span", {class: `dot ${source.lane}`}), h("span", {class: "who"}, source.name), h("span", {class: "soft"}, `${source.detail} · ${title(source.lane)}`)), rows(source.controls)));
    replace(place,
      section("Workers", workers),
      section("Traffic", rows(all.traffic), sources),
      section("Lightning", rows(all.limits)),
      section("What goes wrong", rows(all.incidents)));
  }

  function update(all) {
    const list = [...all.workers.flatMap(one => one.controls), ...all.traffic, ...all.sources.flatMap(one => one.controls), ...all.limits, ...all.incidents];
    const now = JSON.stringify([all.workers.map(one => [one.name, one.note]), all.sources.map(one => [one.name, one.lane]), list.map(one => [one.path, one.label])]);
    keepingFocus(place, () => {
      if (now !== shape) draw(all);
      shape = now;
      all.workers.forEach((group, index) => layoutEditor(layouts[index], group, send));
    });
    list.forEach(control => setters.get(control.path)(control));
  }
  return {place, update};
}
