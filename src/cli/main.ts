/** The `plumbline` command: one subcommand a file in `commands/`, loaded only when it is asked for. */
import { Command } from 'commander';
import { PlumblineError } from '../protocol/errors.js';

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

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof PlumblineError)) throw error;
  console.error(`${error.message}\n${error.hint}`);
  process.exitCode = 1;
}
