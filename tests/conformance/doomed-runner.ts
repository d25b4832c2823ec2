/** A runner to be killed: launches the engine that it is given as JSON, opens a page, says so, and waits for its end. */
import type { Engine } from '../../src/browsers/engine.js';
import { createDriver } from '../../src/drivers/index.js';

const [, , engine = '', url = ''] = process.argv;
const browser = await createDriver(JSON.parse(engine) as Engine).launch({ deadlineMs: 60_000 });
await browser.openPage({ url, deadlineMs: 30_000 });
console.log(JSON.stringify(await browser.processIds()));
setInterval(() => undefined, 1000);
