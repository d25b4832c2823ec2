/** Turns the chatter of installers into a few tidy lines. Pure: a digest is fed lines and gives back what is worth saying. */

/** Feeds a line in; what comes out, if anything, is said. */
export type Digest = (line: string) => string | undefined;

/**
 * apt-get's output: what is fetched, how far unpacking is, what went wrong.
 * @param everyMs counts are said no oftener than this
 * @param now clock, in ms
 */
export function aptDigest(everyMs = 5_000, now: () => number = Date.now): Digest {
  let total = 0;
  const seen = { fetched: 0, unpacked: 0, 'set up': 0 };
  let said = -Infinity;
  const count = (step: keyof typeof seen): string | undefined => {
    seen[step] += 1;
    // The last of a step is always said, so that no step ends in the air.
    if (seen[step] !== total && now() - said < everyMs) return undefined;
    said = now();
    return `${step} ${String(seen[step])} of ${packages(total)}`;
  };
  return (line) => {
    const newly = /^\d+ upgraded, (\d+) newly installed/.exec(line)?.[1];
    if (newly !== undefined) {
      total = Number(newly);
      return undefined;
    }
    if (/^(E|Err:\d+)[: ]/.test(line)) return line;
    const size = /^Need to get (?:[\d.,]+ \S+\/)?([\d.,]+ \S+) of archives/.exec(line)?.[1];
    if (size !== undefined && total > 0) return `${packages(total)}, ${size} to fetch`;
    // `apt-get update` has no total: its lists are not counted.
    if (total === 0) return undefined;
    if (/^Get:\d+ /.test(line)) return count('fetched');
    if (line.startsWith('Unpacking ')) return count('unpacked');
    if (line.startsWith('Setting up ')) return count('set up');
    return undefined;
  };
}

const packages = (count: number): string => `${String(count)} package${count === 1 ? '' : 's'}`;

/** The output of `playwright install`: the product, and each tenth of its download. */
export function playwrightDigest(): Digest {
  let said: string | undefined;
  return (line) => {
    const product = /^Downloading (.+?) \(playwright/.exec(line)?.[1];
    // It is named anew at every retry.
    if (product !== undefined && product !== said) return `downloading ${(said = product)}`;
    return /^\|.*\|\s+(\d+% of .+)$/.exec(line)?.[1];
  };
}

/** The first line of an installer's output that says why it failed. */
export function firstFault(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const fault = /^(?:Error|E): (.+)$/.exec(line.trim())?.[1];
    if (fault !== undefined) return fault;
  }
  return undefined;
}
