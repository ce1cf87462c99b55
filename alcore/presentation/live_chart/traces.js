// What plotly draws of a line of a chart.

/** A line's trace. title: of the metric; growth: {before, part}, how far its newest points have come. */
export function trace(line, title, growth) {
  const { look } = line;
  if (line.isBand) return bandTrace(line, growth);
  if (line.isEarlier) return earlierTrace(line);
  const [x, y] = growing(line, growth, line.x, line.value);
  const who = `${look.name}, ${line.repetition ? `repetition ${line.repetition}` : "mean"}`;
  return {
    type: "scatter", x, y, name: look.name, uid: line.id, legendgroup: `${line.run} ${look.strategy}`, showlegend: !line.isFaint,
    mode: line.isFaint ? "lines" : "lines+markers", connectgaps: false, cliponaxis: false,
    line: { color: look.color, width: line.isFaint ? 1.2 : 3.5, dash: line.dash },
    opacity: line.isFaint ? 0.35 : 1,
    marker: { size: 10, symbol: look.symbol + (line.run % 2 ? "-open" : ""), color: look.color, line: { width: line.run % 2 ? 2 : 0 } },
    customdata: line.cycles.map((cycle) => [look.strategy, line.repetition, cycle, line.run]),
    text: line.cycles.map((cycle, at) => `${who}<br>cycle ${cycle}${Number.isFinite(line.low?.[at]) ? `<br>95 % interval ${line.low[at].toFixed(3)} to ${line.high[at].toFixed(3)}` : ""}`),
    hovertemplate: `%{text}<br>%{x} labelled<br>${title} %{y:.3f}<extra></extra>`,
  };
}

/** Numbers along a line, cut where its newest points have come to; a band grows with its line. */
function growing({ id, x }, growth, ...numbers) {
  const old = growth?.before.get(id) ?? 0;
  if (old === 0 || x.length <= old) return numbers;
  const between = (values) => values[old - 1] + growth.part * (values[old] - values[old - 1]);
  return numbers.map((values) => [...values.slice(0, old), between(values)]);
}

function bandTrace(line, growth) {
  const { id, look, run } = line;
  const [x, low, high] = growing(line, growth, line.x, line.low, line.high);
  const known = x.map((_, at) => at).filter((at) => Number.isFinite(low[at]));
  const there = known.map((at) => x[at]);
  return {
    type: "scatter", uid: id, x: [...there, ...[...there].reverse()],
    y: [...known.map((at) => high[at]), ...known.map((at) => low[at]).reverse()],
    mode: "lines", fill: "toself", fillcolor: `${look.color}29`, line: { width: 0 }, hoverinfo: "skip", showlegend: false,
    legendgroup: `${run} ${look.strategy}`,
  };
}

// Pale, below the others: a curve that is about to be replaced, whose first point is the last that was.
function earlierTrace({ id, look, x, value, isJoined, isAlone }) {
  const size = x.map((_, at) => (isJoined && at === 0 ? 0 : 7));
  return {
    type: "scatter", uid: id, x, y: value, mode: "lines+markers", opacity: 0.35, cliponaxis: false, hoverinfo: "skip",
    name: look.name, legendgroup: `0 ${look.strategy}`, showlegend: isAlone, // so that the legend is there before the new curve
    line: { color: look.color, width: 2.5 }, marker: { size, symbol: look.symbol, color: look.color },
  };
}
