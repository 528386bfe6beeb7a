// Questions that take longer than a look: their buttons, how far they are, and their answers as cards.

const QUESTIONS = [
  {what: "advise", label: "What would help?", title: "Tries changes on the same runs, the free ones first"},
  {what: "search", label: "Cheapest layout", title: "Searches for the layout with the fewest slots that meets every objective", option: {name: "slots", before: "up to", after: "slots a worker", least: 1, most: 40, step: 1}},
  {what: "traffic", label: "Highest traffic", title: "Searches for the highest factor of the traffic at which every objective is met", option: {name: "most", before: "up to ×", after: "", least: 0.1, most: 100, step: "any"}},
  {what: "sensitivity", label: "What decides it?", title: "Varies every rate, duration and size that was guessed"},
];

function seconds(value) {
  const tenths = Math.round(10 * value), whole = Math.round(value);
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`;
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} m ${whole % 60} s`;
}

// A bar, what is done, how long it takes, and a way to end it.
function progressLine(cancel, key) {
  const stage = h("span", {class: "stage"}), counted = h("span", {class: "soft"}), bar = h("progress", {max: 1, "aria-label": "How far the question is"});
  const stop = h("button", {type: "button", "data-key": key, onclick: cancel}, "Cancel");
  const place = h("div", {class: "progress", hidden: true}, h("div", {class: "row"}, h("span", {role: "status"}, stage), counted), h("div", {class: "row"}, bar, stop));
  let begun = 0, ticking = null, last = null;
  const words = () => {
    const spent = `${seconds((performance.now() - begun) / 1000)}${last && last.estimate ? `, estimated ${last.estimate}` : ""}`;
    const done = last && last.done && last.unit !== "bytes" ? `${last.done.toLocaleString("en")}${last.of ? ` of ${last.of.toLocaleString("en")}` : ""} ${last.unit} · ` : "";
    counted.textContent = done + spent;
  };
  return {
    place,
    begin(name) {
      begun = performance.now(); last = null;
      stage.textContent = name; bar.removeAttribute("value"); stop.disabled = false; place.hidden = false;
      clearInterval(ticking); ticking = setInterval(words, 250); words();
    },
    show(one) {
      last = one; stage.textContent = one.stage;
      if (one.part === null) bar.removeAttribute("value"); else bar.value = one.part;
      words();
    },
    stopping() { stop.disabled = true; stage.textContent = "cancelling"; },
    end() { clearInterval(ticking); place.hidden = true; return (performance.now() - begun) / 1000; },
    get last() { return last; },
  };
}

function askPanel(send) {
  const values = {};
  let asked = false, answer = null, touched = {};
  const line = progressLine(() => { line.stopping(); send({do: "cancel"}); }, "ask/cancel");
  const buttons = QUESTIONS.map(one => h("button", {type: "button", class: "question", title: one.title, "data-key": `ask/${one.what}`, onclick: () => ask(one)}, one.label));
  const inputs = QUESTIONS.map(one => {
    if (!one.option) return null;
    const {name, before, after, least, most, step} = one.option;
    const input = values[name] = h("input", {type: "number", min: least, max: most, step, "aria-label": `${one.label}: ${before}`.trim(), required: true, oninput: () => { touched[name] = true; }});
    return h("span", {class: "option soft"}, before, " ", input, " ", after);
  });
  const said = h("p", {class: "soft", role: "status"});
  const answered = h("div", {class: "answer"});
  const place = h("section", {class: "ask", "aria-label": "Questions"},
    h("div", {class: "questions"}, h("h2", {}, "Ask"), QUESTIONS.map((_, at) => h("span", {class: "one"}, buttons[at], inputs[at]))), line.place, said, answered);

  // What a box says is what is asked, or nothing is.
  function ask({what, option}) {
    const input = option && values[option.name];
    if (input && !input.reportValidity()) return;
    send({do: "ask", what, ...(input ? {[option.name]: input.valueAsNumber} : {})});
  }

  const busy = on => { asked = on; buttons.forEach(button => { button.disabled = on; }); };

  function draw() {
    if (!answer) { replace(answered); return; }
    const close = h("button", {type: "button", class: "round quiet", "aria-label": "Close the answer", "data-key": "ask/close", onclick: () => { answer = null; keepingFocus(place, draw); }}, "×");
    replace(answered,
      h("div", {class: "row"}, h("p", {class: `found ${answer.sign}`}, marked(answer.headline)), close),
      h("p", {class: "soft"}, `asked of ${answer.asked_of}${answer.evidence ? ` · ${answer.evidence}` : ""} · ${seconds(answer.seconds)}`),
      answer.steps.length ? steps(answer.steps) : null,
      answer.cards.length ? h("ul", {class: "cards"}, answer.cards.map(card)) : null,
      answer.bars.map(bars),
      answer.notes.length ? h("ul", {class: "why"}, answer.notes.map(one => h("li", {}, marked(one)))) : null,
      answer.tables.map(table));
  }

  const card = (one, at) => h("li", {class: `card ${one.sign}`},
    h("div", {class: "row"}, h("span", {class: "sign-words"}, h("span", {class: `sign ${one.sign}`, "aria-hidden": "true"}, SIGNS[one.sign] || "·"), " ", one.says), h("span", {class: "soft"}, one.cost)),
    h("h3", {}, /\S:\d/.test(one.title) && !/\s[a-z]{4,}\s[a-z]/.test(one.title) ? h("code", {}, one.title) : marked(one.title)),
    one.lines.length ? h("ul", {}, one.lines.map(text => h("li", {}, marked(text)))) : null,
    one.use === null ? null : h("button", {type: "button", class: "use", "data-key": `ask/use/${at}`, "aria-label": `Use this: ${one.title}`, onclick: () => send({do: "use", card: one.use})}, "Use this"));

  // Factors of the traffic that were looked at, on one line: a disc holds, a square does not, a ring is undecided.
  const steps = all => {
    const low = Math.log(all[0].of), high = Math.log(all.at(-1).of);
    return h("div", {class: "steps-line", role: "img", "aria-label": all.map(one => `${one.shown} ${one.sign}`).join(", ")},
      all.map(one => h("span", {class: `step ${one.sign} ${one.place}`, style: `left: ${100 * (Math.log(one.of) - low) / ((high - low) || 1)}%`, title: `${one.shown}: ${one.sign}`}, one.place ? h("small", {}, one.shown) : null)));
  };

  const bars = one => h("div", {class: "deciding"}, h("h3", {}, one.measure), h("table", {},
    h("thead", {}, h("tr", {}, ["value", "range", "at its low end", "at its high end", "share of the variance"].map(name => h("th", {scope: "col"}, name)))),
    h("tbody", {}, one.rows.map(row => h("tr", {}, h("th", {scope: "row"}, row.name), h("td", {}, row.range), h("td", {}, row.low), h("td", {}, row.high),
      h("td", {}, row.share === null ? "–" : [h("span", {class: "share", style: `width: ${Math.max(1, 100 * row.share)}px`, "aria-hidden": "true"}), ` ${Math.round(100 * row.share)} %`]))))));

  const table = one => h("details", {}, h("summary", {}, `${one.heading} (${one.rows.length})`), h("div", {class: "wide", tabindex: 0, role: "group", "aria-label": one.heading}, h("table", {},
    h("thead", {}, h("tr", {}, one.head.map(name => h("th", {scope: "col"}, name)))), h("tbody", {}, one.rows.map(row => h("tr", {}, row.map(cell => h("td", {}, cell))))))));

  return {
    place,
    // What one probably wants to ask, from what is deployed.
    state(one) {
      if (!one.controls) return;
      const slots = Math.max(1, ...one.controls.workers.map(group => group.slots));
      const factor = one.controls.traffic.length ? one.controls.traffic[0].value : 1;
      const wanted = {slots: Math.min(40, Math.max(4, slots + 2)), most: Math.min(100, 4 * Math.max(1, Math.ceil(factor)))};
      for (const name of Object.keys(values)) if (!touched[name]) values[name].value = wanted[name];
      buttons[2].disabled = asked || !one.controls.traffic.length;
    },
    asking(one) { answer = null; draw(); said.textContent = ""; busy(true); line.begin(QUESTIONS.find(question => question.what === one.about).label); place.dataset.state = "asking"; },
    progress(one) { line.show(one); },
    asked(one) { line.end(); busy(false); answer = one; draw(); place.dataset.state = "answered"; },
    ended(words, about) {
      const last = about === "advise" ? null : line.last;
      line.end(); busy(false);
      said.textContent = words + (last && last.done ? ` ${last.done.toLocaleString("en")} ${last.unit} are kept: asked again, it goes on from there.` : "");
      place.dataset.state = "ended";
    },
  };
}
