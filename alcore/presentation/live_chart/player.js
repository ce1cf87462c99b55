// A finished run played again: curves, query shares, picks and a sentence go cycle by cycle, in step.
import { mountCurves } from "./chart.js";
import { mountFigure } from "./figure.js";

const kept = new Map(); // where a film stood, by its key, for when the page mounts it again
const ask = (root, name) => root.querySelector(`[data-part="${name}"]`);
const isCalm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches; // then nothing plays by itself

const PARTS = `
  <div class="player-bar">
    <button type="button" data-part="play"></button>
    <span role="group" aria-label="Speed" data-part="speed"></span>
    <input type="range" data-part="scrub" min="1" step="1" aria-label="Cycle">
    <span data-part="where"></span>
  </div>
  <p class="player-said" data-part="said" role="status" aria-live="polite"></p>
  <div class="player-charts">
    <div class="live-chart" data-part="curves"></div>
    <div data-part="beside"><p class="player-title">Defective patches in each query</p><div class="live-chart" data-part="shares"></div></div>
  </div>
  <div class="player-picks" data-part="picks"></div>`;

/** A film in an element; update takes what replay.py makes. `hooks` has config (plotly's), and may hold key, onPoint and
 * onPrevalence. */
export function mountPlayer(root, Plotly, hooks) {
  root.innerHTML = PARTS;
  root.classList.add("player");
  const state = kept.get(hooks.key) ?? { at: 0, speed: 4, plays: null, waited: null };
  if (hooks.key) kept.set(hooks.key, state);
  const film = { root, state, content: null, timer: 0 };
  // Hooks are read when they are called: the page may change what it listens to.
  const passed = { key: hooks.key, get config() { return hooks.config; }, onPoint: (point) => hooks.onPoint?.(point), onPrevalence: (share) => hooks.onPrevalence?.(share) };
  film.curves = mountCurves(ask(root, "curves"), Plotly, passed);
  film.shares = mountFigure(ask(root, "shares"), Plotly, { get config() { return hooks.config; } });
  ask(root, "shares").querySelector(".live-heard").removeAttribute("aria-live"); // the sentence says enough
  listen(film);
  return {
    update: (content) => update(film, content),
    unmount: () => {
      clearTimeout(film.timer);
      film.curves.unmount();
      film.shares.unmount();
    },
  };
}

function listen(film) {
  const { root, state } = film;
  ask(root, "play").addEventListener("click", () => {
    const isAtEnd = state.at >= last(film);
    if (!state.plays && isAtEnd) turn(film, 1);
    state.plays = !state.plays;
    go(film);
  });
  ask(root, "scrub").addEventListener("input", ({ target }) => {
    state.plays = false;
    turn(film, Math.min(Number(target.value), last(film)));
    go(film);
  });
}

/** The point up to which the film may play: where it waits for an answer, or its end. */
const last = ({ content }) => content.waits_after ?? content.cycles.length;

function update(film, given) {
  const { root, state } = film;
  const content = { ...given, plays: given.plays && !isCalm() };
  film.content = content;
  if (state.plays === null || (state.waited && !content.waits_after)) state.plays = content.plays;
  state.waited = content.waits_after;
  state.at = Math.min(state.at || (content.plays ? 1 : content.cycles.length), last(film));
  ask(root, "scrub").max = content.cycles.length;
  ask(root, "speed").replaceChildren(...Object.keys(content.speeds).map((speed) => speedButton(film, Number(speed))));
  film.curves.reveal(state.at);
  film.curves.update(content.curves);
  turn(film, state.at);
  go(film);
}

function speedButton(film, speed) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: `${speed}×`, title: `${film.content.speeds[speed]} seconds per cycle` });
  button.setAttribute("aria-pressed", String(film.state.speed === speed));
  button.addEventListener("click", () => {
    film.state.speed = speed;
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    go(film);
  });
  return button;
}

/** Show the run as it stood after a cycle. */
function turn(film, at) {
  const { root, state, content } = film;
  state.at = at;
  const now = content.cycles[at - 1];
  ask(root, "scrub").value = at;
  ask(root, "scrub").setAttribute("aria-valuetext", `cycle ${now.cycle}`);
  ask(root, "where").textContent = `cycle ${now.cycle} of ${content.cycles.at(-1).cycle} · ${now.labelled} labelled`;
  ask(root, "said").textContent = now.said;
  film.curves.reveal(at);
  const { data, layout } = content.shares;
  const upTo = (trace) => ({ ...trace, x: trace.x.slice(0, at), y: trace.y.slice(0, at) });
  film.shares.update({ figure: { data: data.map(upTo), layout }, words: content.shares_words[at - 1] });
  ask(root, "picks").replaceChildren(...now.picks.map(pickRow));
}

function pickRow({ name, counted, words, src }) {
  const row = document.createElement("div"), said = document.createElement("p"), strong = document.createElement("strong");
  strong.textContent = name;
  said.append(strong, document.createElement("br"), counted);
  row.append(said);
  if (src) row.append(Object.assign(new Image(), { src, alt: words }));
  return row;
}

/** Go on to the next cycle after the time that the speed gives it, as long as the film plays. */
function go(film) {
  const { root, state, content } = film;
  clearTimeout(film.timer);
  const isAtEnd = state.at >= last(film);
  if (isAtEnd) state.plays = false;
  ask(root, "play").textContent = state.plays ? "❚❚ Pause" : isAtEnd ? "↻ Again" : "▶ Play";
  root.dataset.plays = String(state.plays);
  if (!state.plays) return;
  film.timer = setTimeout(() => {
    turn(film, state.at + 1);
    go(film);
  }, 1000 * content.speeds[state.speed]);
}
