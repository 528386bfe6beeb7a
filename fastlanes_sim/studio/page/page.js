// The page: header, left side, right side, text. It sends what is done and shows what comes back.

// In a notebook: the page takes the place of the answer that is shown where nothing runs.
function hideStatic(el) {
  const above = node => node.parentElement || (node.getRootNode().host ?? null);
  for (let node = el; node; node = above(node)) {
    const found = node.querySelectorAll(".fastlanes-instead");
    if (found.length) { found.forEach(one => { one.hidden = true; }); return; }
    if (node.matches(".jp-OutputArea, .output_area")) return;
  }
}

export function render({model, el}) {
  const isPage = model.look.whole;
  if (!isPage) hideStatic(el);
  for (const script of model.look.scripts) (0, eval)(script);
  const send = message => {
    if (["set", "layout", "go", "text"].includes(message.do)) asked = performance.now();
    model.send_msg({...message, seq: ++sent});
  };
  let sent = 0, asked = 0, state = null;
  const times = window.fastlanesStudio = window.fastlanesStudio || {verdicts: []};

  const question = h("h1", {}), setting = h("p", {class: "soft"});
  const said = h("p", {class: "said", role: "status", hidden: true});
  const button = (name, label, done, extra) => h("button", {type: "button", "data-key": `head/${name}`, onclick: done, ...extra}, label);
  const back = button("back", "↶ Back", () => send({do: "go", to: "back"}));
  const forward = button("forward", "↷ Forward", () => send({do: "go", to: "forward"}));
  const steps = h("select", {"aria-label": "History", class: "steps", onchange: event => send({do: "go", to: Number(event.target.value)})});
  const pin = button("pin", "Pin", () => send({do: "pin", on: !state.pinned || !state.same}), {title: "Keep this deployment, and compare with it what comes next"});
  const unpin = button("unpin", "Unpin", () => send({do: "pin", on: false}));
  const save = button("save", "Save", () => send({do: "save"}), {class: "strong"});
  const copyLayout = button("copy", "Copy WORKER_WORKLOOPS", () => copy(state.environment.join("\n"), "WORKER_WORKLOOPS"));
  const copyCommand = button("command", "Copy command", () => copy(state.command, "the command"));
  const copyLink = button("link", "Copy link", () => copy(location.href, "the link"));
  const menu = downloadMenu(send, () => drop.choose());
  const header = h("header", {},
    h("div", {class: "titles"}, question, setting),
    h("div", {class: "tools", role: "toolbar", "aria-label": "Scenario"}, back, steps, forward, pin, unpin, copyLayout, copyCommand, isPage && copyLink, menu.place, save),
    said);
  const controls = controlsPanel(send);
  const ask = askPanel(send);
  const results = resultsPanel(model.look.durations, send, ask.place);
  const typing = textEditor(() => model.get_child("editor"), text => send({do: "text", text}));
  const problems = h("ul", {class: "problems", "aria-live": "polite"});
  const text = h("details", {class: "text", open: true}, h("summary", {}, "Scenario (YAML)"), problems, h("div", {class: "editor"}, typing.place));
  const lifeText = h("pre", {tabindex: 0});
  const life = h("dialog", {class: "life", "aria-label": "Life of a run"}, lifeText, h("form", {method: "dialog"}, h("button", {}, "Close")));
  const left = h("aside", {class: "left", "aria-label": "What is changed"}, controls.place);
  const mistaken = h("p", {class: "mistaken", role: "status", hidden: true}, "The text has a mistake. Until it is corrected, this is the answer to the text before it.");
  const root = h("div", {class: "studio"}, header, h("div", {class: "sides"},
    left, h("main", {}, mistaken, results.place), h("aside", {class: "right", "aria-label": "The scenario's text"}, text)), life);
  const drop = dropPanel(root, send);

  function copy(value, name) {
    const done = () => say({message: `copied ${name}`, hint: ""});
    if (navigator.clipboard) navigator.clipboard.writeText(value).then(done, () => say({message: value, hint: "copy it by hand"}));
    else say({message: value, hint: "copy it by hand"});
  }
  let silence = null, isKept = false, asks = "";
  const about = one => one.about === "calibrate" ? drop : ask;
  const hush = () => { said.hidden = true; isKept = false; };
  // What says why there is no answer stays until there is one.
  function say({message, hint}, keep = false) {
    said.hidden = false;
    replace(said, message, hint ? h("span", {class: "soft"}, ` — ${hint}`) : null);
    drop.say({message, hint});
    clearTimeout(silence);
    isKept = keep;
    if (!keep) silence = setTimeout(hush, 9000);
  }

  const shown = {
    state(one) {
      state = one;
      if (one.name) { question.textContent = one.question || one.name; setting.textContent = `${one.question ? `${one.name} · ` : ""}${one.setting}${one.file ? ` · ${one.file}` : ""}${one.dirty ? " · not saved" : ""}`; }
      back.disabled = one.history.place === 0;
      forward.disabled = one.history.place === one.history.steps.length - 1;
      replace(steps, one.history.steps.map((words, place) => h("option", {value: place, selected: place === one.history.place}, words)));
      pin.textContent = one.pinned && !one.same ? "Pin this instead" : "Pin";
      pin.disabled = Boolean(one.pinned && one.same);
      unpin.hidden = !one.pinned;
      unpin.title = one.pinned ? `pinned: ${one.pinned}` : "";
      save.disabled = !one.can_save || !one.dirty || !one.controls;
      root.classList.toggle("broken", !one.controls);
      left.inert = !one.controls;
      mistaken.hidden = Boolean(one.controls);
      for (const panel of [ask, menu, drop]) panel.state(one);
      if (one.seq >= sent) {  // an older one knows nothing of what was done since
        if (one.controls) controls.update(one.controls);
        if (one.text !== null) typing.set(one.text);
      }
      replace(problems, one.problems.map(problem => h("li", {class: problem.kind}, problem.line ? h("b", {}, `line ${problem.line}: `) : null, marked(problem.message), problem.hint ? h("span", {class: "soft"}, " — ", marked(problem.hint)) : null)));
      results.pin(one.pinned_hash, Boolean(one.pinned) && !one.same);
      if (isPage && location.hash.slice(1) !== one.link) history.replaceState(null, "", one.link ? `#${one.link}` : location.pathname);
    },
    computing() { results.computing(); },
    first(one) {
      results.first(one);
      if (isKept) hush();
      times.first = one;
      root.dataset.answers = Number(root.dataset.answers || 0) + 1;
      root.dataset.hash = one.hash;
      if (asked) { times.verdicts.push(performance.now() - asked); asked = 0; }
    },
    pinned(one) { results.pinned(one); },
    refined(one) { results.refined(one); root.dataset.refined = one.replications === one.of ? one.hash : ""; },
    compared(one) { results.compared(one); },
    life(one) { lifeText.textContent = one.text; if (!life.open) life.showModal(); },
    asking(one) { asks = one.about; about(one).asking(one); },
    progress(one) { about({about: asks}).progress(one); },
    asked(one) { ask.asked(one); },
    cancelled(one) { if (one.about === "calibrate") drop.ended({message: "Cancelled.", hint: ""}); else ask.ended("Cancelled.", one.about); },
    unanswered(one) { if (one.about === "calibrate") drop.ended(one); else { ask.ended(`${one.message}${one.hint ? ` — ${one.hint}` : ""}`, "advise"); } },
    file(one) { drop.file(one); },
    calibrated(one) { drop.calibrated(one); },
    download: saveAs,
    said: say,
    failed(one) { say(one, ["first", "process"].includes(one.about)); results.failed(one); },
  };
  model.on("msg:custom", event => { const one = event.data || event; if (shown[one.kind]) shown[one.kind](one); });

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const scheme = () => model.send_msg({do: "scheme", dark: dark.matches});
  dark.addEventListener("change", scheme);
  root.addEventListener("keydown", event => {
    if (!(event.ctrlKey || event.metaKey) || event.target.closest('input[type="text"], input[type="number"], .editor')) return;  // they have their own
    if (event.key.toLowerCase() === "z") { event.preventDefault(); send({do: "go", to: event.shiftKey ? "forward" : "back"}); }
  });
  model.send_msg({do: "scheme", dark: dark.matches});
  const hello = () => send({do: "hello", link: isPage ? location.hash.slice(1) : ""});
  hello();
  if (!isPage) {  // a notebook's connection may be open later than the page is there: what is said sooner is lost
    const again = setInterval(() => { if (state) clearInterval(again); else hello(); }, 1000);
  }
  return root;
}
