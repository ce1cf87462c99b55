
// The page around the chart: which run, and the images of the queries. It follows the chart's own modules.
const by = (id) => document.getElementById(id);

/** Unpack a gzipped, base64-coded element; its text gives way to what it held. */
async function unpacked(id) {
  const packed = Uint8Array.from(atob(by(id).textContent.trim()), (sign) => sign.charCodeAt(0));
  by(id).remove();
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

async function load() {
  const page = JSON.parse(await unpacked("page-data"));
  const script = document.createElement("script");
  script.textContent = await unpacked("page-plotly");
  document.head.append(script);
  if (!window.Plotly) throw new Error("plotly did not load");
  return page;
}

function show(page) {
  const chart = mountCurves(by("chart"), window.Plotly, { config: page.config, onPoint: ([, , cycle]) => choose(cycle) });
  const run = () => page.runs[by("run").value];

  function draw() {
    chart.update({ ...run().curves, weights: page.weights });
    by("basis").textContent = `Bands: ${run().basis}`;
  }

  function choose(cycle) {
    const { curves: { runs: [{ strategies }] }, pictures } = run();
    by("cycle").value = cycle;
    by("query").textContent = cycle;
    const rows = strategies.flatMap(({ strategy, name }) => {
      const picture = pictures[`${strategy}/${cycle}`];
      return picture ? [row(name, picture)] : [];
    });
    by("queries").replaceChildren(...rows);
    by("no-pictures").hidden = rows.length > 0;
  }

  function change() {
    const [{ cycles }] = run().curves.runs;
    [by("cycle").min, by("cycle").max] = [cycles.at(0), cycles.at(-1)];
    draw();
    choose(cycles.at(-1));
  }

  for (const [index, { title }] of page.runs.entries()) by("run").append(new Option(title, index));
  by("which").hidden = page.runs.length < 2;
  by("run").addEventListener("change", change);
  by("cycle").addEventListener("input", () => choose(Number(by("cycle").value)));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  change();
}

function row(name, { webp, words }) {
  const section = document.createElement("section"), said = document.createElement("p"), image = new Image();
  said.textContent = `${name}: ${words}`;
  image.alt = `Patches that ${name} chose: ${words}`;
  image.src = `data:image/webp;base64,${webp}`;
  section.append(said, image);
  return section;
}

load().then((page) => {
  show(page);
  document.body.dataset.ready = "yes";
}).catch((error) => {
  by("failure").textContent = `The chart cannot be shown in this browser (${error.message}); try a newer one.`;
});
