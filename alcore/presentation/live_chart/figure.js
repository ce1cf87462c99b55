// Any figure of plotly, kept while its data change: zoom and legend stay, bars grow to their new height.
import { inType, sizes } from "./type.js";

const RISING = 350; // ms in which bars reach their new height

/** A figure in an element; update takes {figure: {data, layout}, words}. `hooks` has config (plotly's), and may have onPoint. */
export function mountFigure(root, Plotly, hooks) {
  root.innerHTML = '<div class="live-plot" role="img"></div><div class="live-heard" role="status" aria-live="polite"></div>';
  const [plot, heard] = root.children;
  let drawn = null, latest = null, frame = 0;
  const resized = new ResizeObserver(() => {
    if (!drawn) return;
    Plotly.Plots.resize(plot);
    draw(latest, 1); // the page's type may have become another size with it
  });
  resized.observe(plot);

  function draw({ data, layout: plain }, part) {
    const layout = inType(plain, sizes(root));
    const style = getComputedStyle(root);
    const colors = { paper_bgcolor: "transparent", plot_bgcolor: "transparent", autosize: true };
    const font = { ...layout.font, color: style.color, family: style.fontFamily };
    const grid = { gridcolor: "rgba(128, 128, 128, 0.22)", zerolinecolor: "rgba(128, 128, 128, 0.22)", automargin: true };
    const axes = { xaxis: { ...grid, ...layout.xaxis }, yaxis: { ...grid, ...layout.yaxis } };
    const traces = part < 1 ? data.map((trace, at) => between(drawn?.[at], trace, part)) : data;
    Plotly.react(plot, traces, { ...layout, ...colors, font, ...axes }, hooks.config);
  }

  function update({ figure, words }) {
    cancelAnimationFrame(frame);
    latest = figure;
    plot.setAttribute("aria-label", words);
    if (heard.textContent !== words) heard.textContent = words;
    const begun = performance.now(), before = drawn;
    const isStill = !before || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = (now) => {
      const part = isStill ? 1 : Math.min((now - begun) / RISING, 1);
      draw(figure, part);
      if (part < 1) frame = requestAnimationFrame(step);
      else drawn = figure.data;
    };
    step(begun);
    if (!before) plot.on("plotly_click", ({ points: [point] }) => point.customdata && hooks.onPoint?.(point.customdata));
  }

  const unmount = () => {
    resized.disconnect();
    cancelAnimationFrame(frame);
    Plotly.purge(plot);
  };
  return { update, unmount };
}

function between(old, trace, part) {
  if (trace.type !== "bar") return trace;
  const from = (at) => old?.y?.[at] ?? 0;
  return { ...trace, y: trace.y.map((height, at) => from(at) + part * (height - from(at))) };
}
