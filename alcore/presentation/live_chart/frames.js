// Figures of the same traces, one after the other in one plot: it is never blank between them.
import { mountFigure } from "./figure.js";

const ask = (root, name) => root.querySelector(`[data-part="${name}"]`);
const PARTS = `
  <div class="player-bar">
    <button type="button" data-part="play"></button>
    <input type="range" data-part="scrub" min="0" step="1" aria-label="Query">
    <span data-part="where"></span>
  </div>
  <div class="live-chart" data-part="figure"></div>`;

/** Figures in an element; update takes {frames: [{figure, words, name}], seconds}. They begin to play, where motion is welcome. `hooks` has config (plotly's). */
export function mountFrames(root, Plotly, hooks) {
  root.innerHTML = PARTS;
  root.classList.add("player");
  const figure = mountFigure(ask(root, "figure"), Plotly, hooks);
  let content = null, at = 0, plays = !window.matchMedia("(prefers-reduced-motion: reduce)").matches, timer = 0;

  function turn(to) {
    at = to;
    ask(root, "scrub").value = at;
    ask(root, "where").textContent = content.frames[at].name;
    figure.update(content.frames[at]);
  }

  function go() {
    clearTimeout(timer);
    ask(root, "play").textContent = plays ? "❚❚ Pause" : "▶ Play";
    if (plays) timer = setTimeout(() => (turn((at + 1) % content.frames.length), go()), 1000 * content.seconds);
  }

  ask(root, "play").addEventListener("click", () => ((plays = !plays), go()));
  ask(root, "scrub").addEventListener("input", ({ target }) => ((plays = false), turn(Number(target.value)), go()));
  return {
    update: (given) => {
      content = given;
      ask(root, "scrub").max = content.frames.length - 1;
      turn(Math.min(at, content.frames.length - 1));
      go();
    },
    unmount: () => {
      clearTimeout(timer);
      figure.unmount();
    },
  };
}
