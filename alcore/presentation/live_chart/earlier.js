// Curves of earlier settings: each stays until a newer one has come as far.
import { averages } from "./estimates.js";

/** Their lines at a prevalence, up to the end of the x axis, the newest run's first, as `lines` of chart.js has lines. */
export function earlierLines(runs, metric, prevalence, reach) {
  return runs.flatMap((run, age) => {
    const values = averages(run, metric, prevalence), size = run.cycles.length;
    const end = reach ? run.labelled.filter((one) => one <= reach).length : size;
    return run.strategies.map((look, row) => ({
      look, id: `earlier-${age}-${look.strategy}`, isEarlier: true, x: run.labelled.slice(0, end), value: Array.from(values.slice(row * size, row * size + end)),
    }));
  });
}

/** What is still to be seen of them beside the lines that are shown: for each strategy what lies beyond its newest point. */
export function remaining(earlier, shown) {
  const reached = new Map(), reach = (line) => Math.max(reached.get(line.look.strategy) ?? -Infinity, line.x.at(-1) ?? -Infinity);
  for (const line of shown) if (!line.isBand && !line.isFaint) reached.set(line.look.strategy, reach(line));
  const furthest = Math.max(-Infinity, ...reached.values());
  return earlier.flatMap((line) => {
    const end = reached.get(line.look.strategy) ?? furthest; // a strategy that is asked no more goes with the others
    reached.set(line.look.strategy, reach(line));
    const from = line.x.findLastIndex((one) => one <= end), start = Math.max(from, 0);
    const rest = { ...line, x: line.x.slice(start), value: line.value.slice(start), isJoined: from >= 0, isAlone: end === -Infinity };
    return rest.x.length > Number(rest.isJoined) ? [rest] : [];
  });
}
