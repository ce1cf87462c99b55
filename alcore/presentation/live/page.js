/* The page around the curves: controls, chart, and the images of the queries. */
"use strict";
(async () => {
  const by = (id) => document.getElementById(id);

  /** Unpack a gzipped, base64-coded element; its text gives way to what it held. */
  async function unpacked(id) {
    const packed = Uint8Array.from(atob(by(id).textContent.trim()), (sign) => sign.charCodeAt(0));
    by(id).remove();
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  }

  const text = async (id) => new TextDecoder().decode(await unpacked(id));
  let page, buffer;
  try {
    page = JSON.parse(await text("page-data"));
    buffer = await unpacked("page-arrays");
    const script = document.createElement("script");
    script.textContent = await text("page-plotly");
    document.head.append(script);
    if (!window.Plotly) throw new Error("plotly did not load");
  } catch (error) {
    by("summary").classList.remove("unseen");
    by("summary").textContent = `The chart cannot be shown in this browser (${error.message}); try a newer one.`;
    return;
  }

  const percent = (share) => `${Number((100 * share).toPrecision(3))} %`;
  const run = () => page.runs[by("run").value];
  const metric = () => by("metric").value;
  const deployed = () => 10 ** by("prevalence").value;
  const prevalence = () => (by("at").value === "pool" ? run().pool_prevalence : deployed());
  const title = () => page.metrics.find(([name]) => name === metric())[1];
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const translucent = (hex) => `${hex}29`;
  let chosen = page.runs[0].cycles.length - 1;

  for (const [index, { title: name }] of page.runs.entries()) by("run").append(new Option(name, index));
  by("which").hidden = page.runs.length < 2;
  for (const [name, words] of page.metrics) by("metric").append(new Option(words, name));
  by("metric").value = page.metric;
  by("prevalence").value = Math.log10(page.test_prevalence);

  function traces(curves) {
    const { labelled, strategies, cycles } = run();
    return strategies.flatMap(({ title: name, color: own, symbol }, s) => {
      const { value, low, high } = curves[s];
      const known = labelled.map((_, c) => c).filter((c) => !Number.isNaN(low[c]));
      const pick = (row) => known.map((c) => row[c]);
      const hover = cycles.map((cycle, c) => `${name}, cycle ${cycle}` +
        (Number.isNaN(low[c]) ? "" : `<br>95 % interval ${low[c].toFixed(3)} to ${high[c].toFixed(3)}`));
      return [
        { x: [...pick(labelled), ...pick(labelled).reverse()], y: [...pick(high), ...pick(low).reverse()],
          mode: "lines", fill: "toself", fillcolor: translucent(own), line: { width: 0 }, hoverinfo: "skip",
          showlegend: false, legendgroup: name },
        { x: labelled, y: value.map((one) => (Number.isNaN(one) ? null : one)), name, legendgroup: name,
          mode: "lines+markers", line: { color: own, width: 3.5 }, marker: { color: own, symbol, size: 11 },
          text: hover, hovertemplate: `%{text}<br>%{x} labelled images<br>${title()} %{y:.3f}<extra></extra>`,
          cliponaxis: false },
      ];
    });
  }

  function layout(curves) {
    const known = curves.flatMap(({ value, high }) => [...value, ...high]).filter((one) => !Number.isNaN(one));
    const whole = by("whole").checked || !known.length;
    const top = whole ? 1 : [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1].find((step) => step >= Math.max(...known));
    const { labelled } = run();
    const axis = { color: color("--ink"), gridcolor: `${color("--line")}40`, title: { font: { size: 20 } },
      tickfont: { size: 18 }, automargin: true };
    const words = `${title()} of the defect class`;
    return {
      uirevision: by("run").value, paper_bgcolor: "transparent", plot_bgcolor: "transparent",
      font: { size: 18, color: color("--ink") }, margin: { l: 8, r: 8, t: 8, b: 8 },
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, hovermode: "closest",
      xaxis: { ...axis, title: { ...axis.title, text: "labelled images" }, range: [0, labelled.at(-1) * 1.04] },
      yaxis: { ...axis, title: { ...axis.title, text: words }, range: [-0.02 * top, 1.02 * top] },
    };
  }

  function sentence(curves) {
    const ends = run().strategies.map(({ title: name }, s) => {
      const last = curves[s].value.at(-1);
      return Number.isNaN(last) ? `${name} is undefined` : `${name} ends at ${last.toFixed(3)}`;
    });
    const where = metric() === "patch_iou" ? "" : ` at a prevalence of ${percent(prevalence())}`;
    return `${title()}${where} over labelled images: ${ends.join(", ")}.`;
  }

  function draw() {
    const curves = Estimands.curves(run(), buffer, metric(), prevalence());
    by("share").textContent = percent(deployed());
    by("prevalence").setAttribute("aria-valuetext", percent(deployed()));
    by("pool").textContent = `π₀ = ${percent(run().pool_prevalence)}`;
    by("basis").textContent = `Bands: ${run().basis}`;
    by("chart").setAttribute("aria-label", sentence(curves));
    return Plotly.react("chart", traces(curves), layout(curves), { displaylogo: false, responsive: true });
  }

  let isWaiting = false;
  /** One drawing a frame, however fast the slider moves. */
  function redraw() {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => { isWaiting = false; draw(); });
  }

  function announce() {
    by("summary").textContent = by("chart").getAttribute("aria-label");
  }

  function showQueries() {
    const { strategies, cycles, pictures } = run();
    by("cycle").max = cycles.length;
    by("cycle").value = chosen + 1;
    by("query").textContent = cycles[chosen];
    const rows = strategies.flatMap(({ name, title: words }) => {
      const picture = pictures[`${name}/${cycles[chosen]}`];
      if (!picture) return [];
      const row = document.createElement("section");
      const said = document.createElement("p");
      const image = new Image();
      said.textContent = `${words}: ${picture.words}`;
      image.alt = `Patches that ${words} chose: ${picture.words}`;
      image.src = `data:image/webp;base64,${picture.webp}`;
      row.append(said, image);
      return [row];
    });
    by("queries").replaceChildren(...rows);
    by("no-pictures").hidden = rows.length > 0;
  }

  await draw();
  announce();
  showQueries();
  by("controls").addEventListener("input", redraw);
  by("prevalence").addEventListener("input", () => { by("at").value = "deployment"; });
  by("controls").addEventListener("change", () => requestAnimationFrame(announce));
  by("run").addEventListener("change", () => { chosen = run().cycles.length - 1; showQueries(); });
  by("cycle").addEventListener("input", () => { chosen = by("cycle").value - 1; showQueries(); });
  by("chart").on("plotly_click", ({ points: [point] }) => { chosen = point.pointNumber; showQueries(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  document.body.dataset.ready = "yes";
})();
