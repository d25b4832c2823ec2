/** What is to be cleared away when a signal ends this process. */

/**
 * Calls `clean` when SIGINT, SIGTERM or SIGHUP comes, then lets the signal do its work. Several may be set up at once.
 *
 * @returns what takes it back
 */
export function onOwnEnd(clean: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const handlers = signals.map((signal) => {
    const handler = (): void => {
      release();
      clean();
      process.kill(process.pid, signal);
    };
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  const release = (): void => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
  return release;
}
