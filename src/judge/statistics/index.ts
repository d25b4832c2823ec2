/** Statistics of timings and memory: pure and seeded. */
export { medianInterval, ratioOfMedians, type BootstrapOptions, type Visits } from './bootstrap.js';
export { calibrationOf, NOISE_LIMIT, noiseOf, type Noise, type Surroundings } from './noise.js';
export { FEWEST_POINTS, growthOf, type Growth, type Point } from './slope.js';
export { countOutliers, highPercentiles, median, PERCENTILE_FLOORS, quantile } from './summary.js';
