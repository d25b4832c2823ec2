/** How `allure generate` makes the report of `reports/allure-results`. Also read by `npm run report`. */
import { defineConfig } from 'allure';
import { allureRules } from './src/report/allure.js';

export default defineConfig({
  name: 'Plumbline: accuracy matrix',
  output: 'reports/allure',
  categories: { rules: allureRules() },
  // Who ran it on which machine is nobody's business; the suites are the tree that the tests stand in.
  hideLabels: ['host', 'thread', 'package', 'framework', 'language', 'titlePath', /[sS]uite$/],
  plugins: {
    awesome: {
      options: {
        groupBy: ['epic', 'feature', 'suite', 'subSuite'],
        theme: 'auto',
        singleFile: true,
        defaultSortBy: 'name,asc',
      },
    },
  },
});
