// The chart as a component of a Streamlit page; called again, on the same element, whenever its data change.
import { mountCurves } from "./chart.js";
import { mountFigure } from "./figure.js";
import { mountFrames } from "./frames.js";
import { mountPlayer } from "./player.js";

const KINDS = { curves: mountCurves, figure: mountFigure, player: mountPlayer, frames: mountFrames };

const mounted = new WeakMap();
const LONGEST_WAIT = 30;
let plotly = null;

// The file that plotly ships, as a script: it is no module, and one copy serves all charts of a page.
function loadPlotly() {
  plotly ??= window.Plotly ? Promise.resolve(window.Plotly) : new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = new URL("../alcore.plotly/plotly.min.js", import.meta.url);
    script.onload = () => done(window.Plotly);
    script.onerror = () => {
      script.remove();
      plotly = null; // so that the next caller tries again
      failed(new Error("plotly.min.js did not load"));
    };
    document.head.append(script);
  });
  return plotly;
}

// Plotly for a chart's place, which says so while it is not there; null if the place is gone before it comes.
async function plotlyFor(root) {
  for (let seconds = 1; root.isConnected; seconds = Math.min(2 * seconds, LONGEST_WAIT)) {
    try {
      return await loadPlotly();
    } catch {
      say(root, `The charts' code did not load: is the server running? It is tried again, at least every ${LONGEST_WAIT} s.`);
      await pause(seconds);
    }
  }
  return null;
}

function pause(seconds) {
  return new Promise((done) => {
    const timer = setTimeout(done, 1000 * seconds);
    window.addEventListener("online", () => { clearTimeout(timer); done(); }, { once: true });
  });
}

function say(root, words) {
  let said = root.querySelector(":scope > .live-wait");
  if (!said) {
    said = document.createElement("p");
    said.className = "live-wait";
    said.setAttribute("role", "status");
    root.append(said);
  }
  said.textContent = words;
}

export default function ({ data, key, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".live-chart");
  root.pending = data;
  root.send = setTriggerValue;
  if (!mounted.has(root) && !window.Plotly) say(root, "The chart is loading …");
  plotlyFor(root).then((Plotly) => {
    if (!Plotly || !root.isConnected || root.pending !== data) return; // newer data are on their way to the same element
    root.querySelector(":scope > .live-wait")?.remove();
    if (!mounted.has(root)) mounted.set(root, mount(root, Plotly, data.kind, key));
    const { chart, hooks } = mounted.get(root);
    Object.assign(hooks, hearing(root, data.hears), { config: data.config });
    chart.update(data.content);
  });
  return () => {
    mounted.get(root)?.chart.unmount();
    mounted.delete(root);
  };
}

function mount(root, Plotly, kind, key) {
  const hooks = { key };
  return { hooks, chart: KINDS[kind](root, Plotly, hooks) };
}

// Only events that the page listens to are sent: any other would redraw the page for nothing.
function hearing(root, names) {
  const send = (name) => (names.includes(name) ? (said) => root.send(name, said) : undefined);
  return { onPoint: send("point"), onPrevalence: send("prevalence"), onMetric: send("metric") };
}
