// A chart as a slide: 16:9, large type on white, with a title and the settings that it was made with.
import { inType } from "./type.js";

const WIDTH = 1600, HEIGHT = 900, LARGER = 1.7;

/** Buttons for plotly's toolbar that save a chart as a slide. `describe` gives {title, settings, filename}. */
export function slideButtons(Plotly, describe) {
  return ["png", "svg"].map((format) => ({
    name: `slide-${format}`,
    title: `Save as a slide, 16:9 (${format.toUpperCase()})`,
    icon: Plotly.Icons.disk,
    click: (plot) => Plotly.downloadImage(slideOf(plot, describe()), { format, width: WIDTH, height: HEIGHT, filename: `${describe().filename}-slide` }),
  }));
}

export function slideOf({ data, layout }, { title, settings }) {
  const large = (px) => LARGER * px;
  const ink = { color: "#1a1a1a" };
  const thick = data.map((trace) => ({
    ...trace,
    line: { ...trace.line, width: large(trace.line?.width ?? 0) },
    ...(trace.marker ? { marker: { ...trace.marker, size: large(trace.marker.size ?? 6) } } : {}),
  }));
  const set = inType(layout, large);
  return {
    data: thick,
    layout: {
      ...set, ...{ width: WIDTH, height: HEIGHT, autosize: false, paper_bgcolor: "#fff", plot_bgcolor: "#fff" },
      font: { ...set.font, ...ink }, margin: { l: 60, r: 60, t: 190, b: 60 },
      title: { text: title, x: 0.04, y: 0.95, font: { size: 44, ...ink }, subtitle: { text: settings, font: { size: 26, ...ink } } },
    },
  };
}
