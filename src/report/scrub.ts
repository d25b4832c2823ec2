/**
 * Takes what is personal out of text that is about to be published: who ran it, on which host, from which folder.
 *
 * Two passes. What this machine is known to hold (home, project and temporary folders, host and user name, values of
 * secret environment variables) is replaced by value, in each spelling that occurs in logs: with forward, backward and
 * doubled backward slashes, percent-encoded, as a file URL. What other machines may hold is replaced by its form:
 * home folders, temporary folders, bearer tokens, known token formats, e-mail addresses, ports of local servers.
 */
import { realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../paths.js';

/** What must not leave this machine. */
export interface Secrets {
  /** Folders of the project, longest first; what lies below them is named relative to them. */
  readonly projects: readonly string[];
  readonly homes: readonly string[];
  readonly temps: readonly string[];
  readonly hosts: readonly string[];
  readonly users: readonly string[];
  /** Values of environment variables that are named like secrets. */
  readonly values: readonly string[];
}

/**
 * Names that say nothing of a person and are words of every log. They are replaced where they stand in the place of a
 * user (`/home/node`, `node@host`), never as words.
 */
const COMMON_NAMES = new Set(
  (
    'root admin administrator user users guest nobody node runner ubuntu debian fedora docker build builder test tests ' +
    'tester jenkins gitlab github actions vagrant pwuser playwright chrome chromium firefox webkit localhost linux ' +
    'windows macos browser driver server plumbline reports report wasm webgl webgpu webnn model web onnx ort tfjs litert ' +
    'cpu gpu host main work home app src'
  ).split(' '),
);

const SECRET_VARIABLE = /TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|PRIVATE_KEY|ACCESS_KEY/i;

function withRealPath(folder: string | undefined): string[] {
  if (folder === undefined || !path.isAbsolute(folder) || path.dirname(folder) === folder) return [];
  const spelled = path.resolve(folder);
  try {
    return [...new Set([spelled, realpathSync(spelled)])];
  } catch {
    return [spelled];
  }
}

/** What this machine and process hold. Reads the environment; everything else here is pure. */
export function localSecrets(): Secrets {
  const user = (): string => {
    try {
      return os.userInfo().username;
    } catch {
      return ''; // A container may run under an id that has no name.
    }
  };
  const environment = process.env;
  const named = [user(), environment.USER, environment.LOGNAME, environment.USERNAME, environment.SUDO_USER];
  const host = os.hostname();
  return {
    projects: withRealPath(PROJECT_ROOT),
    homes: [...withRealPath(os.homedir()), ...withRealPath(environment.HOME)],
    temps: withRealPath(os.tmpdir()),
    hosts: [...new Set([host, host.split('.')[0] ?? ''])].filter((name) => name.length > 1),
    users: [...new Set(named)].filter((name): name is string => name !== undefined && name !== ''),
    values: Object.entries(environment).flatMap(([name, value]) =>
      SECRET_VARIABLE.test(name) && value !== undefined && value.length >= 8 ? [value] : [],
    ),
  };
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
const byLength = (a: string, b: string): number => b.length - a.length;

/** A path in each spelling that logs use, as the source of one regular expression. */
function pathPattern(folder: string): string {
  const slash = '(?:\\\\\\\\|\\\\|/|%5[cC]|%2[fF])'; // A doubled backslash is what JSON makes of one.
  const segment = (text: string): string => {
    const spellings = new Set([text, encodeURI(text), encodeURIComponent(text)]);
    return `(?:${[...spellings].sort(byLength).map(escapeRegExp).join('|')})`;
  };
  const segments = folder.split(/[\\/]/).filter((part) => part !== '');
  const drive = /^[A-Za-z]:$/.test(segments[0] ?? '') ? `/?${escapeRegExp(segments.shift() ?? '')}` : '';
  return drive + segments.map((part) => slash + segment(part)).join('');
}

const FILE_URL = '(?:file:(?://)?(?:localhost)?)?';
/** Behind a folder: the end of its last name. */
const NAME_ENDS = '(?![\\w.-]*[\\w-])';
const SEPARATOR = '(?:\\\\\\\\|\\\\|/)';
/** The rest of a path: up to white space, quotes, brackets, or the `:12:34` of a stack trace. */
const PATH_REST = '[^\\s"\'`<>()\\[\\]{}|:;,?#]*';

const replaceFolder = (text: string, folder: string, by: string): string =>
  text.replace(new RegExp(`${FILE_URL}${pathPattern(folder)}${NAME_ENDS}`, 'gi'), by);

/** Names of hosts and people as words of their own, unless they are words of everybody. */
function replaceName(text: string, name: string, by: string): string {
  if (name.length < 2 || COMMON_NAMES.has(name.toLowerCase())) return text;
  return text.replace(new RegExp(`(?<![\\w])${escapeRegExp(name)}(?:\\.local|\\.lan)?(?![\\w])`, 'gi'), by);
}

/**
 * By form alone: what gives away a person, a place or a secret on whatever machine the text comes from.
 * Runs are bounded, or start at their first character alone, so that no text takes more than linear time.
 */
const FORMS: readonly (readonly [RegExp, string])[] = [
  // Secrets first: their text must not be cut up by the rules below.
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '<secret>'],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '<token>'],
  [
    /\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|npm_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|hf_\w{20,})/g,
    '<token>',
  ],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, '<token>'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 <token>'],
  [
    /((?<![\w-])(?:[\w-]*(?:token|secret|passw(?:or)?d|api[-_]?key|access[-_]?key))["']?\s*[=:]\s*["']?)(?!<)[^\s"'&,;)}\]]{4,}/gi,
    '$1<token>',
  ],
  [/([?&](?:sig|signature|auth|code|key)=)[^\s"'&<>]{4,}/gi, '$1<token>'],
  // user:password@ in an address.
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:"'<>]{1,256}(?::[^\s/@"'<>]{0,256})?@/gi, '$1<user>@'],
  [/(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[a-z]{2,}\b/gi, '<email>'],
  // Temporary folders: their names are made up at random, and on macOS and Windows lie below the user's own.
  [new RegExp(`${FILE_URL}/(?:private/)?var/folders/[\\w+-]+/[\\w+-]+/${PATH_REST}`, 'g'), '<tmp>'],
  [
    new RegExp(
      `${FILE_URL}/?\\b[a-z]:${SEPARATOR}users${SEPARATOR}[^\\\\/\\n"'<>|:*?]{1,128}${SEPARATOR}appdata${SEPARATOR}local${SEPARATOR}temp${PATH_REST}`,
      'gi',
    ),
    '<tmp>',
  ],
  [new RegExp(`${FILE_URL}(?<![\\w.~>-])/(?:private/)?(?:var/)?tmp/${PATH_REST}`, 'g'), '<tmp>'],
  [/\/run\/user\/\d+/g, '/run/user/<uid>'],
  // Home folders.
  [new RegExp(`${FILE_URL}/?\\b[a-z]:${SEPARATOR}users${SEPARATOR}[^\\\\/\\n"'<>|:*?]{1,128}`, 'gi'), '~'],
  [
    new RegExp(`${FILE_URL}(?<![\\w.~>-])/(?:mnt/[a-z]/|[a-z]/)?(?:home|users)/[^\\s/"'\`<>()\\[\\]{}|:;,]+`, 'gi'),
    '~',
  ],
  [new RegExp(`${FILE_URL}(?<![\\w.~>-])/root(?![\\w.-])`, 'g'), '~'],
  // Addresses of this machine and of private networks.
  [/\b(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):\d{2,5}\b/gi, '$1:<port>'],
  [/\[::1?\]:\d{2,5}\b/g, '[::1]:<port>'],
  [/\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b(?::\d{2,5}\b)?/g, '<address>'],
  [/(<host>):\d{2,5}\b/g, '$1:<port>'],
  [/((?:remote-debugging-port|--port|\bport)[ =:]+)\d{2,5}\b/gi, '$1<port>'],
];

/**
 * `text` without what is personal. Paths below the project become relative to it, so that stack traces stay readable.
 * Idempotent. Digests (sha256) stay: they are what makes a report checkable.
 */
export function scrub(text: string, secrets: Secrets): string {
  let clean = text;
  for (const value of [...secrets.values].sort(byLength)) clean = clean.replaceAll(value, '<secret>');
  for (const folder of [...secrets.projects].sort(byLength)) {
    clean = clean.replace(new RegExp(`${FILE_URL}${pathPattern(folder)}(?:${SEPARATOR}|%5[cC]|%2[fF])`, 'gi'), '');
    clean = replaceFolder(clean, folder, '<project>');
  }
  for (const folder of [...secrets.temps].sort(byLength)) {
    clean = clean.replace(
      new RegExp(`${FILE_URL}${pathPattern(folder)}(?:${SEPARATOR}${PATH_REST})?${NAME_ENDS}`, 'gi'),
      '<tmp>',
    );
  }
  for (const folder of [...secrets.homes].sort(byLength)) clean = replaceFolder(clean, folder, '~');
  for (const user of secrets.users) {
    // In the place of a user, however common the name.
    clean = clean.replace(new RegExp(`(?<![\\w.-])${escapeRegExp(user)}@(?=[\\w<])`, 'gi'), '<user>@');
  }
  for (const host of [...secrets.hosts].sort(byLength)) clean = replaceName(clean, host, '<host>');
  for (const user of [...secrets.users].sort(byLength)) clean = replaceName(clean, user, '<user>');
  for (const [form, by] of FORMS) clean = clean.replace(form, by);
  return clean;
}

/** Fields that hold names of ours, never anything of the machine's; a user called `lenet5` must not rename the model. */
const OWN_FIELDS = new Set([
  'id',
  'kind',
  'status',
  'model',
  'variant',
  'format',
  'precision',
  'runtime',
  'backend',
  'sha256',
  'repeat',
]);

/** {@link scrub} for each string below `value`, keys included, but for the fields that hold names of ours. */
export function scrubDeep<T>(value: T, secrets: Secrets): T {
  const walk = (node: unknown): unknown => {
    if (typeof node === 'string') return scrub(node, secrets);
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, child]: [string, unknown]) => [
        scrub(key, secrets),
        OWN_FIELDS.has(key) && typeof child === 'string' ? child : walk(child),
      ]),
    );
  };
  return walk(value) as T;
}
