// The last lines of a file opened from disk: unpack what it holds, and mount its charts.
const held = (id) => Uint8Array.from(atob(document.getElementById(id).textContent), (one) => one.charCodeAt(0));
const unpacking = (id) => new Blob([held(id)]).stream().pipeThrough(new DecompressionStream("gzip"));
const unpacked = (id) => new Response(unpacking(id)).text();

const script = document.createElement("script");
script.textContent = await unpacked("plotly");
document.head.append(script);
const { charts, weights } = JSON.parse(await unpacked("charts"));
document.querySelectorAll(".live-chart").forEach((root, at) => {
  mountCurves(root, window.Plotly).update({ ...charts[at], weights });
});
