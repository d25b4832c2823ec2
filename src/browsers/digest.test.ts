import { describe, expect, it } from 'vitest';
import { aptDigest, firstFault, playwrightDigest, type Digest } from './digest.js';

const feed = (digest: Digest, lines: readonly string[]): string[] => lines.flatMap((line) => digest(line) ?? []);

describe('aptDigest', () => {
  it('says what is fetched, and the end of each step', () => {
    const digest = aptDigest(1_000, () => 0);
    expect(
      feed(digest, [
        'Reading package lists...',
        '1 upgraded, 2 newly installed, 0 to remove and 3 not upgraded.',
        'Need to get 1,024 kB/231 MB of archives.',
        'Get:1 http://deb.test/debian bookworm/main amd64 a amd64 1 [1 kB]',
        'Get:2 http://deb.test/debian bookworm/main amd64 b amd64 1 [1 kB]',
        'Selecting previously unselected package a.',
        'Unpacking a (1) ...',
        'Unpacking b (1) ...',
        'Setting up a (1) ...',
        'Setting up b (1) ...',
        'Processing triggers for libc-bin (2.36) ...',
      ]),
    ).toEqual([
      '2 packages, 231 MB to fetch',
      'fetched 1 of 2 packages',
      'fetched 2 of 2 packages',
      'unpacked 2 of 2 packages',
      'set up 2 of 2 packages',
    ]);
  });

  it('does not say counts oftener than asked', () => {
    let time = 0;
    const digest = aptDigest(1_000, () => time);
    digest('0 upgraded, 100 newly installed, 0 to remove and 0 not upgraded.');
    const said = Array.from({ length: 100 }, () => ((time += 100), digest('Unpacking x (1) ...')));
    expect(said.filter((text) => text !== undefined)).toHaveLength(11);
  });

  it('is silent on lists, and says faults', () => {
    expect(
      feed(aptDigest(), [
        'Get:1 http://deb.test/debian bookworm InRelease [151 kB]',
        'Err:2 http://other.test stable InRelease',
        'E: Unable to locate package firefox-esr',
      ]),
    ).toEqual(['Err:2 http://other.test stable InRelease', 'E: Unable to locate package firefox-esr']);
  });
});

describe('playwrightDigest', () => {
  it('names each product once, and each tenth', () => {
    const retry = 'Downloading Firefox 157.0 (playwright firefox v1555) from https://cdn.test/firefox.zip';
    expect(
      feed(playwrightDigest(), [
        retry,
        '    at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:internal/dns/promises:99:17) {',
        retry,
        '|■■■■■■■■                                                                        |  10% of 105.2 MiB',
        'Firefox 157.0 (playwright firefox v1555) downloaded to /cache/firefox-1555',
      ]),
    ).toEqual(['downloading Firefox 157.0', '10% of 105.2 MiB']);
  });
});

describe('firstFault', () => {
  it('finds the first reason', () => {
    expect(firstFault(['Reading lists', 'Error: getaddrinfo ENOTFOUND cdn.test', 'Error: Download failure'])).toBe(
      'getaddrinfo ENOTFOUND cdn.test',
    );
    expect(firstFault(['E: Unable to locate package x'])).toBe('Unable to locate package x');
    expect(firstFault(['all is well'])).toBeUndefined();
  });
});
