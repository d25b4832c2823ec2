// The smallest page that a driver can steer: `window.plumbline` with methods that show one trait each.

const kept = [];
for (const [method, level] of Object.entries({
  debug: 'debug',
  log: 'log',
  info: 'info',
  warn: 'warning',
  error: 'error',
})) {
  const print = console[method].bind(console);
  console[method] = (...values) => {
    kept.push({ level, text: values.join(' ') });
    print(...values);
  };
}
addEventListener('error', (event) => kept.push({ level: 'error', text: `Uncaught ${event.error.stack}` }));
addEventListener('unhandledrejection', (event) => kept.push({ level: 'error', text: `Uncaught ${event.reason}` }));

const never = new Promise(() => {});
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');

function busyUntil(time) {
  while (performance.now() < time);
}

function throwFromBelow() {
  throw new RangeError('a fault of the page');
}

const methods = {
  echo: (value) => value,
  isolated: () => crossOriginIsolated,
  never: () => never,
  later: (ms) => after(ms).then(() => ms),
  hang: () => busyUntil(Infinity),
  busy(ms) {
    busyUntil(performance.now() + ms);
    return 'was busy';
  },
  fail: () => throwFromBelow(),
  print({ level, text }) {
    console[level](text);
  },
  async throwUncaught() {
    setTimeout(throwFromBelow);
    await after(50);
  },
  async rejectUnhandled() {
    void Promise.reject(new RangeError('nobody waits for this'));
    await after(50);
  },
  leave(url) {
    location.href = url;
    return never;
  },
  reload() {
    location.reload();
    return never;
  },
  get: async (url) => (await fetch(url)).text(),
  /** Fetches bytes, and sends them back inverted. */
  async transfer({ from, to }) {
    const bytes = new Uint8Array(await (await fetch(from)).arrayBuffer());
    const digest = hex(await crypto.subtle.digest('SHA-256', bytes));
    for (let i = 0; i < bytes.length; i++) bytes[i] ^= 0xff;
    const { ok } = await fetch(to, { method: 'POST', body: bytes });
    return { digest, ok };
  },
};

window.plumbline = {
  async call(method, argument) {
    if (method === 'break') throw new Error('the bridge is broken');
    try {
      return { ok: true, value: await methods[method](argument) };
    } catch (error) {
      return { ok: false, error: { message: error.message, stack: error.stack } };
    }
  },
  drainConsole: () => kept.splice(0),
};
