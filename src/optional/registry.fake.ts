/** For tests: a package registry on this machine that has one package, as the npm client asks for it. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';

type Header = Parameters<ReturnType<typeof tar.pack>['entry']>[0];

/** A tarball of files by their paths in the package, and of entries of other kinds. */
export async function packTarball(
  files: Readonly<Record<string, Uint8Array | string>>,
  others: readonly Header[] = [],
): Promise<Uint8Array> {
  const pack = tar.pack();
  for (const [name, content] of Object.entries(files)) pack.entry({ name: `package/${name}` }, Buffer.from(content));
  for (const header of others) {
    if (header.type === undefined) pack.entry(header, 'content');
    else pack.entry(header);
  }
  pack.finalize();
  return gzipSync(await buffer(pack));
}

/** As in a package-lock.json. */
export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

export interface FakeRegistry {
  /** For `npm_config_registry`. */
  readonly url: string;
  /** Tarballs that were asked for. */
  readonly fetched: () => number;
  readonly close: () => Promise<void>;
}

/** Serves one version of one package. */
export async function startRegistry(name: string, version: string, tarball: Uint8Array): Promise<FakeRegistry> {
  let fetched = 0;
  const server = createServer((request, response) => {
    const origin = `http://${request.headers.host ?? ''}`;
    if (request.url === '/tarball.tgz') {
      fetched++;
      response.end(tarball);
    } else if (decodeURIComponent(request.url ?? '') === `/${name}`) {
      const dist = { tarball: `${origin}/tarball.tgz`, integrity: integrityOf(tarball) };
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { name, version, dist } } }),
      );
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/`,
    fetched: () => fetched,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
