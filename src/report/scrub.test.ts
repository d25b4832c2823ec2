import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../paths.js';
import { localSecrets, scrub, scrubDeep, type Secrets } from './scrub.js';

const NOBODY: Secrets = { projects: [], homes: [], temps: [], hosts: [], users: [], values: [] };
const ALICE: Secrets = {
  projects: ['/home/alice/My Projects/plumbline'],
  homes: ['/home/alice'],
  temps: ['/tmp'],
  hosts: ['alices-laptop.example.org', 'alices-laptop'],
  users: ['alice'],
  values: ['hunter2-hunter2'],
};
const BOB: Secrets = {
  projects: ['C:\\Users\\Bob Smith\\plumbline'],
  homes: ['C:\\Users\\Bob Smith'],
  temps: ['C:\\Users\\Bob Smith\\AppData\\Local\\Temp'],
  hosts: ['DESKTOP-4F2K1'],
  users: ['Bob Smith'],
  values: [],
};

describe('what this machine holds', () => {
  it.each([
    // Stack traces keep their file, line and column, relative to the project.
    ['    at run (/home/alice/My Projects/plumbline/src/gather/run.ts:12:7)', '    at run (src/gather/run.ts:12:7)'],
    ['at file:///home/alice/My%20Projects/plumbline/dist/main.js:1:2', 'at dist/main.js:1:2'],
    ['at async file:///home/alice/My%20Projects/plumbline/node_modules/a/b.js:9', 'at async node_modules/a/b.js:9'],
    ['cwd is /home/alice/My Projects/plumbline.', 'cwd is <project>.'],
    ['/home/alice/My Projects/plumbline2/x', '~/My Projects/plumbline2/x'],
    ['profile in /home/alice/.cache/ms-playwright', 'profile in ~/.cache/ms-playwright'],
    ['/tmp/playwright_chromiumdev_profile-Xy12/Default: locked', '<tmp>: locked'],
    ['HOST alices-laptop.example.org, ALICES-LAPTOP and alices-laptop.local', 'HOST <host>, <host> and <host>'],
    ['{"hostname":"alices-laptop"}', '{"hostname":"<host>"}'],
    ['listening on alices-laptop:40321', 'listening on <host>:<port>'],
    ['alice@alices-laptop:~$ run', '<user>@<host>:~$ run'],
    ['run by alice (uid 1000)', 'run by <user> (uid 1000)'],
    ['malice and alicent stay', 'malice and alicent stay'],
    ['password was hunter2-hunter2!', 'password was <secret>!'],
  ])('%s', (text, clean) => {
    expect(scrub(text, ALICE)).toBe(clean);
  });

  it.each([
    ['at C:\\Users\\Bob Smith\\plumbline\\src\\a.ts:3:4', 'at src\\a.ts:3:4'],
    ['at file:///C:/Users/Bob%20Smith/plumbline/src/a.ts:3:4', 'at src/a.ts:3:4'],
    ['{"path":"C:\\\\Users\\\\Bob Smith\\\\plumbline\\\\src\\\\a.ts"}', '{"path":"src\\\\a.ts"}'],
    ['c:\\users\\bob smith\\Desktop\\x.txt', '~\\Desktop\\x.txt'],
    ['C:\\Users\\Bob Smith\\AppData\\Local\\Temp\\rust_mozprofile.Ab1', '<tmp>'],
    ['on desktop-4f2k1', 'on <host>'],
  ])('%s', (text, clean) => {
    expect(scrub(text, BOB)).toBe(clean);
  });

  it('leaves ordinary words alone when the user or the host is called like one', () => {
    const root: Secrets = { ...NOBODY, users: ['root'], hosts: ['firefox'], homes: ['/root'] };
    expect(scrub('the root cause, in firefox; /root/x and root@firefox', root)).toBe(
      'the root cause, in firefox; ~/x and <user>@firefox',
    );
  });
});

describe('what any machine may hold', () => {
  it.each([
    ['/home/carol/work/model.onnx', '~/work/model.onnx'],
    ['file:///Users/carol/Library/x', '~/Library/x'],
    ['C:\\Users\\carol\\x', '~\\x'],
    ['D:\\\\Users\\\\carol\\\\x', '~\\\\x'],
    ['/root/.cache/x', '~/.cache/x'],
    ['/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/pw-1', '<tmp>'],
    ['C:\\Users\\carol m\\AppData\\Local\\Temp\\a\\b', '<tmp>'],
    ['(/tmp/plumbline-abc/x.js:1:2)', '(<tmp>:1:2)'],
    ['/run/user/1000/bus', '/run/user/<uid>/bus'],
    ['http://127.0.0.1:41234/assets/main-4F.js:1:99', 'http://127.0.0.1:<port>/assets/main-4F.js:1:99'],
    ['http://localhost:8080/', 'http://localhost:<port>/'],
    ['ws://[::1]:9222/session', 'ws://[::1]:<port>/session'],
    ['--remote-debugging-port=35001', '--remote-debugging-port=<port>'],
    ['peer 192.168.1.17:5000 and 10.0.0.3', 'peer <address> and <address>'],
    ['x-plumbline-token: 0123456789abcdef', 'x-plumbline-token: <token>'],
    ['GET /upload/a?token=abcdef0123&n=1', 'GET /upload/a?token=<token>&n=1'],
    ['{"token":"abcdef0123"}', '{"token":"<token>"}'],
    ['Authorization: Bearer abc.def-ghi', 'Authorization: Bearer <token>'],
    ['ghp_0123456789abcdefghijABCDEFGHIJ012345', '<token>'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig-nature', '<token>'],
    ['https://dave:s3cret@grid.example.org/wd/hub', 'https://<user>@grid.example.org/wd/hub'],
    ['mail dave.jones@example.co.uk now', 'mail <email> now'],
  ])('%s', (text, clean) => {
    expect(scrub(text, NOBODY)).toBe(clean);
  });
});

it.each([
  'lenet5/onnx-fp32-b100/ort-wasm-t2@firefox',
  "npx playwright test -g 'lenet5/onnx-fp32/ort-wasm-t1@firefox'",
  'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  '[E:onnxruntime:, sequential_executor.cc:514 ExecuteKernel] Non-zero status code: node Conv_0',
  'onnxruntime-web@1.30.0 at ort-wasm-simd-threaded.mjs:12:3456',
  'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)',
  'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
  '/usr/bin/chromium, /usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
  'want [2,10], got [2,11]: 1.5e-3 > 1e-4',
])('leaves alone what is not personal: %s', (text) => {
  expect(scrub(text, ALICE)).toBe(text);
});

it('changes nothing the second time', () => {
  const text = [
    'at /home/alice/My Projects/plumbline/src/a.ts:1:1 alice@alices-laptop:4000 token=abcdefgh',
    'http://127.0.0.1:4000 C:\\Users\\x\\AppData\\Local\\Temp\\y dave@example.org https://a:b@c.example/',
  ].join('\n');
  const once = scrub(text, ALICE);
  expect(scrub(once, ALICE)).toBe(once);
});

it('takes out what this very machine holds', () => {
  const secrets = localSecrets();
  const trace = new Error(`on ${os.hostname()}`).stack ?? '';
  const text = `${trace}\n${PROJECT_ROOT}/x ${os.homedir()}/y ${os.tmpdir()}/z ${process.cwd()}`;
  const clean = scrub(text, secrets);
  for (const personal of [PROJECT_ROOT, os.tmpdir(), `file://${PROJECT_ROOT}`]) expect(clean).not.toContain(personal);
  expect(clean).not.toMatch(new RegExp(`${os.homedir()}/`));
  expect(secrets.hosts).toContain(os.hostname());
  expect(clean).toContain('src/report/scrub.test.ts:');
});

it('goes through objects, but leaves the names that are ours', () => {
  const secrets = { ...NOBODY, users: ['lenet5'] };
  expect(
    scrubDeep(
      { id: 'lenet5/x', record: { model: 'lenet5', list: ['by lenet5', 1, null] }, '/home/eve/k': true },
      secrets,
    ),
  ).toEqual({ id: 'lenet5/x', record: { model: 'lenet5', list: ['by <user>', 1, null] }, '~/k': true });
});
