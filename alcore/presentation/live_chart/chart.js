// Learning curves that act by themselves: metric, π₀ or π₁, slider and legend need no server.
import { estimate, unpack, valuesAlong } from "./estimates.js";
import { earlierLines, remaining } from "./earlier.js";
import { slideButtons } from "./slide.js";
import { trace } from "./traces.js";
import { sizes } from "./type.js";

const MOST_BAND = 1.4; // of the highest value: how much of a band above it the axis makes room for
const TOPS = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];
const NARROW = 500; // px, below which a toolbar would lie on the legend
const GROWING = 350; // ms in which a new point grows out of the one before
const kept = new Map(); // what was chosen in a chart, by its key, for when the page mounts it again

const ask = (root, name) => root.querySelector(`[data-part="${name}"]`);
const percent = (share) => `${Number((100 * share).toPrecision(3))} %`;
const isCalm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

const CONTROLS = `
  <div class="live-controls" data-part="controls">
    <select data-part="metric" aria-label="Metric of the defect class"></select>
    <span role="group" aria-label="Prevalence">
      <button type="button" data-part="pool" aria-pressed="false"></button><button
        type="button" data-part="deployment" aria-pressed="true"></button>
    </span>
    <input type="range" data-part="slider" min="0" step="1" aria-label="Deployment prevalence π₁">
    <label data-part="each-label"><input type="checkbox" data-part="each" title="draw each repetition"> each</label>
    <label><input type="checkbox" data-part="whole"> 0 to 1</label>
  </div>
  <div class="live-plot" data-part="plot" role="img"></div>
  <div class="live-note" data-part="note"></div>
  <div class="live-heard" data-part="heard" role="status" aria-live="polite"></div>`;

/** A chart in an element. `hooks` has config (plotly's), and may hold key, onPoint([strategy, repetition, cycle, run]),
 * onPrevalence(π₁), onMetric(name). */
export function mountCurves(root, Plotly, hooks) {
  root.innerHTML = CONTROLS;
  const state = kept.get(hooks.key) ?? { metric: null, at: "deployment", prevalence: null, sent: null, sentMetric: null, each: false, whole: false };
  if (hooks.key) kept.set(hooks.key, state);
  const chart = { root, Plotly, hooks, state, payload: null, drawn: null, frame: 0, until: Infinity };
  listen(chart);
  const resized = new ResizeObserver(() => {
    if (!chart.drawn) return;
    Plotly.Plots.resize(ask(root, "plot"));
    draw(chart); // the page's type may have become another size with it
  });
  resized.observe(ask(root, "plot"));
  return {
    update: (payload) => update(chart, payload),
    reveal: (cycle) => reveal(chart, cycle),
    unmount: () => {
      resized.disconnect();
      cancelAnimationFrame(chart.frame);
      Plotly.purge(ask(root, "plot"));
    },
  };
}

function listen(chart) {
  const { root, state } = chart;
  const on = (name, event, act) => ask(root, name).addEventListener(event, (happened) => (act(happened.target), draw(chart)));
  on("metric", "change", (select) => {
    state.metric = select.value;
    chart.hooks.onMetric?.(state.metric);
  });
  on("pool", "click", () => (state.at = "pool"));
  on("deployment", "click", () => (state.at = "deployment"));
  on("each", "change", (box) => (state.each = box.checked));
  on("whole", "change", (box) => (state.whole = box.checked));
  on("slider", "input", (slider) => {
    state.prevalence = chart.payload.steps[Number(slider.value)];
    state.at = "deployment";
  });
  ask(root, "slider").addEventListener("change", () => chart.hooks.onPrevalence?.(state.prevalence)); // let go
  for (const name of ["metric", "pool", "deployment", "slider"]) {
    for (const event of ["change", "click"]) ask(root, name).addEventListener(event, () => tell(chart));
  }
}

function update(chart, payload) {
  const { state } = chart;
  chart.payload = payload;
  if (chart.turn !== payload.turn) chart.drawn &&= new Map(); // another run's points grow out of nothing
  chart.turn = payload.turn;
  chart.runs = payload.runs.map(readRun);
  chart.earlier = payload.earlier.map(readRun);
  chart.weights = Object.fromEntries(Object.entries(payload.weights).map(([count, packed]) => [count, unpack(packed)]));
  if (state.sent !== payload.test_prevalence) state.prevalence = state.sent = payload.test_prevalence;
  if (state.sentMetric !== payload.metric || !(state.metric in payload.metrics)) state.metric = state.sentMetric = payload.metric;
  fillControls(chart);
  grow(chart);
  tell(chart);
}

/** Draw the points of cycles up to one, as if those after it had not come yet; the y axis has room for all. */
function reveal(chart, cycle) {
  chart.until = cycle;
  if (chart.payload) grow(chart);
}

function readRun(run) {
  return {
    ...run,
    means: run.means && unpack(run.means),
    replicates: run.replicates && { ...run.replicates, sums: unpack(run.replicates.sums) },
    patch_iou_bounds: run.patch_iou_bounds && unpack(run.patch_iou_bounds),
    each: run.each.map((line) => ({ ...line, means: unpack(line.means) })),
    ceiling: run.ceiling && readRun(run.ceiling),
  };
}

function fillControls({ root, payload, state }) {
  const options = Object.entries(payload.metrics).map(([name, { title }]) => {
    const option = document.createElement("option");
    return Object.assign(option, { value: name, textContent: title, selected: name === state.metric });
  });
  ask(root, "metric").replaceChildren(...options);
  ask(root, "each-label").hidden = !payload.runs.some((run) => run.each.some((line) => line.repetition > 1));
  ask(root, "slider").max = payload.steps.length - 1;
  for (const name of ["each", "whole"]) ask(root, name).checked = state[name];
}

/** Draw what has come, new points growing out of the ones before them. */
function grow(chart) {
  cancelAnimationFrame(chart.frame);
  const before = chart.drawn, begun = performance.now();
  const isNews = before && shownLines(chart).some((line) => line.x.length > (before.get(line.id) ?? 0));
  if (!isNews || isCalm()) return draw(chart);
  const step = (now) => {
    const part = Math.min((now - begun) / GROWING, 1);
    draw(chart, part < 1 ? { before, part } : null);
    if (part < 1) chart.frame = requestAnimationFrame(step);
  };
  step(begun);
}

/** Every line of the chart: {id (plotly makes a class of it, so it has no blanks), look, dash, x, y, low, high, cycles, repetition, isFaint, isBand}. */
export function lines({ runs, weights, payload, state }) {
  const prevalence = prevalenceOf({ payload, state }), metric = metricOf({ payload, state });
  return runs.flatMap((run, position) => {
    const across = (labelled) => labelled.map((one) => (payload.align === "share" ? one / run.pool_size : one));
    const found = run.points ? estimate(run, weights[run.repetitions], metric, prevalence) : null;
    return run.strategies.flatMap((look, row) => {
      const shared = { look, dash: run.dash, run: position };
      const size = run.cycles.length, cut = (values) => Array.from(values.slice(row * size, (row + 1) * size));
      const mean = { ...shared, id: `${position}-${look.strategy}-mean`, repetition: 0, x: across(run.labelled), cycles: run.cycles };
      if (found) for (const name of ["value", "low", "high"]) mean[name] = cut(found[name]);
      else Object.assign(mean, { value: [], low: [], high: [] });
      const own = run.each.filter((line) => line.strategy === look.strategy).map((line) => ({
        ...shared, id: `${position}-${look.strategy}-${line.repetition}`, repetition: line.repetition,
        x: across(line.labelled), cycles: line.cycles, value: Array.from(valuesAlong(line.means, line.cycles.length, metric, prevalence)),
      }));
      return boldAndFaint(mean, own, run.repetitions, state.each);
    });
  });
}

function shownLines(chart, all = lines(chart)) {
  if (chart.until === Infinity) return all;
  return all.map((line) => {
    const count = line.cycles.filter((cycle) => cycle <= chart.until).length;
    const cut = Object.fromEntries(["x", "value", "low", "high"].filter((name) => line[name]).map((name) => [name, line[name].slice(0, count)]));
    return { ...line, ...cut, cycles: line.cycles.slice(0, count) };
  });
}

// With one repetition the bold line is that repetition so far; earlier points beyond it are drawn faint.
function boldAndFaint(mean, own, repetitions, showsEach) {
  const first = own.find((line) => line.repetition === 1);
  const isOne = repetitions <= 1 && first;
  const faint = own.filter((line) => (showsEach || line.repetition > repetitions) && !(isOne && line === first));
  return [{ ...mean, isBand: true, id: `${mean.id}-band` }, ...faint.map((line) => ({ ...line, isFaint: true })), isOne ? first : mean];
}

function draw(chart, growth = null) {
  const { root, Plotly, payload } = chart, plot = ask(root, "plot");
  if (!payload) return;
  const whole = lines(chart), all = shownLines(chart, whole), levels = ceilings(chart);
  const earlier = earlierLines(chart.earlier, metricOf(chart), prevalenceOf(chart), payload.reach);
  const drawn = [...remaining(earlier, all), ...all];
  Plotly.react(plot, drawn.map((line) => trace(line, metricOf(chart).title, growth)), layout(chart, [...whole, ...earlier], levels), {
    ...toolbar(chart), ...(plot.clientWidth < NARROW ? { displayModeBar: false } : {}),
  });
  plot.removeAllListeners("plotly_click"); // with a new config plotly starts again, and forgets its listeners
  plot.on("plotly_click", ({ points: [point] }) => point.customdata && chart.hooks.onPoint?.(point.customdata));
  if (!growth) chart.drawn = new Map(all.map((line) => [line.id, line.x.length]));
  say(chart, all);
}

/** Plotly's config as the page gave it; one with `slide`, the settings in words, saves slides too. */
function toolbar(chart) {
  const { slide, ...config } = chart.hooks.config;
  if (slide === undefined) return config;
  // The same buttons every time: plotly starts again when its config changes.
  chart.slides ??= slideButtons(chart.Plotly, () => {
    const now = chart.hooks.config;
    return { title: subject(chart), settings: now.slide, filename: now.toImageButtonOptions.filename };
  });
  return { ...config, modeBarButtonsToAdd: chart.slides };
}

const metricOf = ({ payload, state }) => payload.metrics[state.metric];
const prevalenceOf = ({ payload, state }) => (state.at === "pool" ? payload.pool_prevalence : state.prevalence);

function ceilings({ runs, weights, payload, state }) {
  const prevalence = prevalenceOf({ payload, state });
  return runs.filter((run) => run.ceiling).map((run) => {
    const { value, low, high } = estimate(run.ceiling, weights[run.ceiling.repetitions], metricOf({ payload, state }), prevalence);
    return { name: run.name, dash: run.dash === "solid" ? "dot" : run.dash, value: value[0], low: low[0], high: high[0] };
  }).filter((level) => Number.isFinite(level.value));
}

function layout({ root, payload, state, runs }, all, levels) {
  const style = getComputedStyle(root), grid = "rgba(128, 128, 128, 0.22)";
  const finite = (numbers) => Math.max(0, ...numbers.filter(Number.isFinite));
  const highest = finite([...all.flatMap((line) => (line.isBand ? [] : line.value)), ...levels.map((level) => level.value)]);
  const widest = finite(all.flatMap((line) => (line.isBand ? line.high : [])));
  const largest = highest > 0 ? Math.max(highest, Math.min(widest, MOST_BAND * highest)) : widest; // a wide band must not flatten the curves
  const top = state.whole ? 1 : topOf(TOPS.find((step) => largest <= step) ?? 1, { payload, state });
  const size = sizes(root);
  const axis = { tickfont: { size: size(15) }, gridcolor: grid, zerolinecolor: grid, automargin: true };
  const isShare = payload.align === "share";
  return {
    xaxis: { ...axis, title: { text: isShare ? "labelled share of the pool" : "labelled images", font: { size: size(17) } },
      rangemode: "tozero", ...(payload.reach ? { range: [0, payload.reach] } : {}), tickformat: isShare ? ".0%" : "d" },
    yaxis: { ...axis, title: { text: subject({ payload, state }), font: { size: size(17) } }, range: [-0.02 * top, 1.02 * top] },
    font: { size: size(16), color: style.color, family: style.fontFamily }, margin: { l: 8, r: 8, t: 8, b: 8 }, autosize: true,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { size: size(16) } },
    modebar: { bgcolor: "transparent", color: "rgba(128, 128, 128, 0.75)", activecolor: style.color },
    paper_bgcolor: "transparent", plot_bgcolor: "transparent", uirevision: "keep", hovermode: "closest", dragmode: "zoom",
    shapes: levels.flatMap((level) => level1(level)), annotations: levels.map((level) => ({
      xref: "paper", x: 0, xanchor: "left", y: level.value, yanchor: "bottom", showarrow: false, font: { size: size(15) },
      text: `${runs.length > 1 ? `${level.name}: ` : ""}full pool ${level.value.toFixed(3)}`,
    })),
  };
}

/** A chart that goes from run to run never shrinks its axis: curves could not be compared with those before. */
function topOf(needed, { payload, state }) {
  if (!payload.turn) return needed;
  state.tops ??= {};
  return (state.tops[state.metric] = Math.max(needed, state.tops[state.metric] ?? 0));
}

function level1({ value, low, high, dash }) {
  const across = { xref: "paper", x0: 0, x1: 1 };
  const line = { ...across, type: "line", y0: value, y1: value, line: { color: "#8C8C8C", width: 2, dash } };
  if (!Number.isFinite(low)) return [line];
  return [{ ...across, type: "rect", y0: low, y1: high, fillcolor: "rgba(140, 140, 140, 0.18)", line: { width: 0 }, layer: "below" }, line];
}

function subject({ payload, state }) {
  const prevalence = prevalenceOf({ payload, state });
  const { title, column } = metricOf({ payload, state });
  return column !== null ? title : `${title} at ${state.at === "pool" ? "π₀" : "π₁"} = ${percent(prevalence)}`;
}

/** Controls, note and description, as they stand. */
function say(chart, all) {
  const { root, payload, state } = chart;
  ask(root, "pool").textContent = `π₀ = ${percent(payload.pool_prevalence)}`;
  ask(root, "deployment").textContent = `π₁ = ${percent(state.prevalence)}`;
  for (const name of ["pool", "deployment"]) ask(root, name).setAttribute("aria-pressed", String(state.at === name));
  const nearest = payload.steps.reduce((best, step, at) => (Math.abs(step - state.prevalence) < Math.abs(payload.steps[best] - state.prevalence) ? at : best), 0);
  ask(root, "slider").value = nearest;
  ask(root, "slider").setAttribute("aria-valuetext", percent(state.prevalence));
  const own = all.filter((line) => !line.isBand), values = own.flatMap((line) => line.value);
  const missing = values.filter(Number.isNaN).length;
  ask(root, "note").textContent = missing
    ? `${metricOf(chart).title} is undefined, and left out, in ${missing} of ${values.length} points: there the model predicts no defect at all.`
    : "";
  const bold = own.filter((line) => !line.isFaint).map((line) => [line.look.name, line.value.filter(Number.isFinite).at(-1)]);
  const ends = bold.map(([name, end]) => (end === undefined ? `${name} has no value yet` : `${name} ends at ${end.toFixed(3)}`));
  const labelled = Math.max(0, ...own.flatMap((line) => line.x));
  const budget = payload.align === "share" ? `${percent(labelled)} of the pool` : `${labelled} images`;
  chart.summary = `${subject(chart)}, with ${budget} labelled: ${ends.join(", ")}.`;
  ask(root, "plot").setAttribute("aria-label", chart.summary);
}

// Aloud, once a change is done: a slider on its way would talk without end.
function tell(chart) {
  const heard = ask(chart.root, "heard");
  if (chart.summary && heard.textContent !== chart.summary) heard.textContent = chart.summary;
}
