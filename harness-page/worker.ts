/** The worker in which `-worker` targets run: the same API as in the page, over messages. */
import { answer, workerApi } from './api.js';
import { drainConsole, installConsole } from './console.js';
import { installEvidence } from './evidence.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

const send = (message: FromWorker): void => {
  postMessage(message);
};

// Lines are printed by the page: not every driver hears a worker.
installConsole({
  heard() {
    send({ kind: 'console', entries: drainConsole() });
  },
  silent: true,
});
installEvidence();

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  const { id, method, argument } = data;
  void answer(workerApi, method, argument).then((found) => {
    send({ kind: 'answer', id, answer: found });
  });
});
send({ kind: 'ready' });
