/* Curves and their 95 % bands at any prevalence, as alcore.statistics has them; see payload.py for what comes in.
   Undefined is NaN. Equality with Python is tested in tests/ui/browser/test_live_page.py. */
"use strict";
const Estimands = (() => {
  const TAILS = [(1 - 0.95) / 2, (1 + 0.95) / 2];

  function ratio(part, whole) {
    return whole > 0 ? part / whole : NaN;
  }

  const METRICS = {
    iou: (tp, fp, fn) => ratio(tp, tp + fp + fn),
    dice: (tp, fp, fn) => ratio(2 * tp, 2 * tp + fp + fn),
    precision: (tp, fp) => ratio(tp, tp + fp),
    recall: (tp, fp, fn) => ratio(tp, tp + fn),
  };

  /** A typed array over the bytes of a block. */
  function view(buffer, block) {
    const length = block.shape.reduce((product, size) => product * size, 1);
    return new (block.type === "i4" ? Int32Array : Float64Array)(buffer, block.offset, length);
  }

  /** The metric of one point of one repetition: eight numbers from `at` on. */
  function valueAt(means, at, metric, prevalence) {
    if (metric === "patch_iou") return means[at + 7];
    const mixed = (column) => prevalence * means[at + 4 + column] + (1 - prevalence) * means[at + column];
    return METRICS[metric](mixed(0), mixed(1), mixed(2));
  }

  /** (4000,) replicates of a mean over repetitions, from its R values; all NaN where one of them is. */
  function weighted(values, weights) {
    const count = values.length;
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    const half = weights.length / count;
    const replicates = new Float64Array(2 * half);
    for (let row = 0; row < half; row++) {
      let deviation = 0;
      for (let k = 0; k < count; k++) deviation += weights[row * count + k] * (values[k] - mean);
      replicates[row] = mean + deviation;
      replicates[half + row] = mean - deviation;
    }
    return replicates;
  }

  /** (B,) replicates over resampled test patches, of one point. */
  function resampled(sums, at, draws, sizes, metric, prevalence) {
    const measure = METRICS[metric];
    const replicates = new Float64Array(draws);
    for (let b = 0; b < draws; b++) {
      const mixed = (column) =>
        (prevalence * sums[at + (3 + column) * draws + b]) / sizes[1] +
        ((1 - prevalence) * sums[at + column * draws + b]) / sizes[0];
      replicates[b] = measure(mixed(0), mixed(1), mixed(2));
    }
    return replicates;
  }

  function linear(sorted, level) {
    const index = (sorted.length - 1) * level;
    const before = Math.floor(index);
    const after = Math.min(before + 1, sorted.length - 1);
    return sorted[before] + (sorted[after] - sorted[before]) * (index - before);
  }

  /** numpy's "closest_observation": where some replicates are undefined, the others are not interpolated. */
  function closest(sorted, level) {
    if (!sorted.length) return NaN;
    const index = sorted.length * level - 1.5;
    const before = Math.floor(index);
    const keeps = index === before && ((before % 2) + 2) % 2 === 1;
    return sorted[Math.min(Math.max(keeps ? before : before + 1, 0), sorted.length - 1)];
  }

  /** Bounds of each point's replicates; one undefined replicate anywhere changes the rule for all, as in Python. */
  function intervals(all) {
    const defined = all.map((one) => one.filter((value) => !Number.isNaN(value)).sort());
    const isWhole = defined.every((one, index) => one.length === all[index].length);
    const clip = (value) => Math.min(Math.max(value, 0), 1);
    return defined.map((one) => TAILS.map((level) => clip((isWhole ? linear : closest)(one, level))));
  }

  function meanOfDefined(values) {
    const known = values.filter((value) => !Number.isNaN(value));
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : NaN;
  }

  /** All curves of a run: for each strategy {value, low, high}, arrays over its cycles. */
  function curves(run, buffer, metric, prevalence) {
    const means = view(buffer, run.means);
    const [repetitions, strategies, cycles] = run.means.shape;
    const points = Array.from({ length: strategies * cycles }, (_, point) =>
      Array.from({ length: repetitions }, (_, r) =>
        valueAt(means, 8 * (r * strategies * cycles + point), metric, prevalence)));
    const bounds = boundsOf(run, buffer, points, metric, prevalence);
    return run.strategies.map((_, s) => {
      const own = Array.from({ length: cycles }, (_, c) => s * cycles + c);
      return {
        value: own.map((point) => meanOfDefined(points[point])),
        low: own.map((point) => bounds[point][0]),
        high: own.map((point) => bounds[point][1]),
      };
    });
  }

  function boundsOf(run, buffer, points, metric, prevalence) {
    if (run.weights) {
      const weights = view(buffer, run.weights);
      return intervals(points.map((values) => weighted(values, weights)));
    }
    if (metric === "patch_iou") {
      const both = view(buffer, run.patch_iou);
      return points.map((_, point) => [both[point], both[points.length + point]]);
    }
    const sums = view(buffer, run.sums);
    const draws = run.sums.shape[4];
    return intervals(points.map((_, point) =>
      resampled(sums, point * 6 * draws, draws, run.sizes, metric, prevalence)));
  }

  return { curves };
})();
