// The right side: the verdict, what it is compared with, and the charts.

function resultsPanel(durations, send, questions) {
  const headline = h("p", {class: "headline", "aria-live": "polite"}, "Getting the engine ready …");
  const cases = h("div", {class: "cases", role: "table", "aria-label": "Objectives"});
  const evidence = h("p", {class: "evidence", role: "status"});
  const compared = h("section", {class: "compared", hidden: true});
  const why = h("ul", {class: "why", "aria-label": "Why the slowest waited", hidden: true});
  const charts = h("div", {class: "charts"});
  const place = h("div", {class: "results"}, headline, cases, evidence, why, compared, questions, charts);
  let answer = null, refined = null, time = null, failure = "";
  let pinned = null, pinnedHash = "";  // the first answer to what is pinned; null as long as there is none
  setTimeout(() => { if (!answer) headline.textContent += " After an installation it is compiled, once: that takes a minute or two."; }, 4000);

  function verdict() {
    const from = refined || answer;
    if (!from) return;
    headline.className = `headline ${from.outcome}`;
    replace(headline, ...withoutDetail(from.headline, from.cases.length > 0), refined ? null : h("span", {class: "detail"}, " · one simulation so far"));
    replace(why, from.outcome === "met" ? [] : answer.sentences.map(one => h("li", {}, marked(one))));
    why.hidden = !why.childElementCount;
    replace(cases, from.cases.map(one => h("div", {class: "case", role: "row"},
        h("span", {class: `sign ${one.outcome}`, role: "cell", "aria-label": one.outcome}, SIGNS[one.outcome]),
        h("span", {class: "objective", role: "cell"}, one.objective),
        h("span", {class: "measured", role: "cell"}, one.measured),
        one.interval ? h("span", {role: "cell", class: "bar-of"}, interval(one.interval, one.outcome)) : null)));
    const counted = refined ? `${refined.replications} of ${refined.of} replications` : failure ? "one simulation" : "one simulation; replications follow";
    evidence.textContent = failure ? `${counted}; ${failure}` : counted;
    evidence.classList.toggle("whole", Boolean(refined && refined.replications === refined.of));
    evidence.style.setProperty("--part", refined ? refined.replications / Math.max(refined.of, 1) : 0.02);
  }

  // The answer in large; what its table says again in small.
  function withoutDetail(text, hasTable) {
    const end = hasTable ? text.search(/[:;] /) : -1;
    return end < 0 ? [text] : [text.slice(0, end), h("span", {class: "detail repeated"}, text.slice(end))];
  }

  function draw() {
    if (!answer) return;
    const wide = Math.max(300, charts.clientWidth || 700), isTwo = wide > 900, width = isTwo ? Math.floor((wide - 32) / 2) : wide;
    charts.classList.toggle("two", isTwo);
    const open = run => send({do: "life", run});
    const isOpen = answer.bands.some(band => band.unstarted.some(Boolean));
    const before = pinned && pinned.hash !== answer.hash ? pinned.curves[time] : null;
    const tabs = h("div", {class: "tabs", role: "group", "aria-label": "Which time"}, ["wait", "response"].map(name =>
      h("button", {type: "button", "aria-pressed": String(name === time), "data-key": `time/${name}`, onclick: () => { time = name; keepingFocus(charts, draw); }}, name)));
    const legend = h("p", {class: "legend"}, answer.curves[time].curves.map(one => h("span", {}, h("span", {class: `dot ${one.lane}`}), `${one.title} (${one.runs.toLocaleString("en")}${one.open ? `, ${one.open} still open` : ""})`)), before && h("span", {class: "soft"}, "┄ pinned"));
    const chart = (name, tools, ...content) => h("figure", {}, h("figcaption", {}, h("h2", {}, name), tools), content);
    const parts = [
      chart("How long runs took", tabs, legend, distribution(width, 300, answer.curves[time], before, durations)),
      chart("Waits over time", h("span", {class: "soft"}, "median, p90, longest"), h("p", {class: "legend soft"}, "Dots are the slowest runs; each opens its life.", isOpen && " △: some runs of that time have not started, the waits are at least these."), waits(width, 300, answer, durations, open)),
      chart("Busy slots", h("span", {class: "soft"}, answer.cost), busy(width, answer.busy, answer.ticks, answer.horizon)),
      chart("Why the slowest waited", null, causes(), answer.outcome === "met" ? h("ul", {class: "why"}, answer.sentences.map(one => h("li", {}, marked(one)))) : null),
    ];
    replace(charts, parts);
  }

  function causes() {
    return answer.causes.length ? answer.causes.map(row => h("div", {class: "cause"},
      h("div", {class: "row"}, h("span", {}, row.name), h("span", {class: "soft"}, `slowest ${row.runs}: ${row.mean}`)),
      h("div", {class: "bar", role: "img", "aria-label": row.shares.map(one => `${one.cause} ${Math.round(100 * one.share)} %`).join(", ")},
        row.shares.map(one => h("span", {class: "part", style: `flex-grow: ${one.share}; background: var(--cause-${one.cause})`, title: `${one.cause}, ${one.mean}: ${one.meaning}`}))),
      h("p", {class: "legend"}, row.shares.map(one => h("span", {title: one.meaning}, h("span", {class: "dot", style: `background: var(--cause-${one.cause})`}), `${one.cause} ${Math.round(100 * one.share)} %`)))
    )) : h("p", {class: "soft"}, "No run waited.");
  }

  function comparison(found) {
    const list = (name, words, look) => words.length ? [h("h3", {class: look}, name), h("ul", {}, words.map(one => h("li", {}, one)))] : [];
    compared.hidden = false;
    replace(compared, h("h2", {}, "Against what is pinned"), h("p", {}, found.answer), ...list("Better", found.better, "met"), ...list("Worse", found.worse, "missed"), ...list("Changed", found.changed, "changed"),
      found.same.length ? h("details", {}, h("summary", {}, `${found.same.length} without a difference shown`), h("ul", {}, found.same.map(one => h("li", {}, one)))) : null,
      h("p", {class: "soft"}, `${found.replications} replications of each, on the same runs`));
  }

  new ResizeObserver(calmly(150, () => keepingFocus(charts, draw))).observe(charts);
  return {
    place,
    // What is shown stays the answer to something older.
    failed(one) { if (one.about === "refine") { failure = one.message; verdict(); } },
    computing() { failure = ""; place.classList.add("stale"); compared.classList.add("stale"); },
    first(found) {
      answer = found;
      if (found.hash === pinnedHash) pinned = found;
      time = time || (found.curves.wait.marks.length || !found.curves.response.marks.length ? "wait" : "response");
      refined = null; place.classList.remove("stale"); verdict();
      keepingFocus(charts, draw);
    },
    refined(found) { if (answer && found.hash === answer.hash) { refined = found; verdict(); } },
    compared(found) { compared.classList.remove("stale"); comparison(found); },
    pinned(found) { if (found.hash === pinnedHash) { pinned = found; keepingFocus(charts, draw); } },
    pin(hash, isCompared) {
      if (!isCompared) compared.hidden = true;
      if (hash === pinnedHash) return;
      pinnedHash = hash;
      pinned = answer && answer.hash === hash ? answer : null;
      keepingFocus(charts, draw);
    },
  };
}
