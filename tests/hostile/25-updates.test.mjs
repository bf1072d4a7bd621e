/* Row 25: what hufu fetches, or calls home for. CVE-2019-3719, CVE-2019-13567. T-25. */
import '../lib/plain.mjs';

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { programs } from '../lib/sandbox.mjs';
import { faces } from '../lib/servisign.mjs';
import { startTraced } from '../lib/strace.mjs';

describe('an address', { skip: skipWithout(join(programs, 'hufud')) }, () => {
    /* The prefixes of origins and the names of XML's namespaces and algorithms, which are compared and
     * never followed; and what texts for people and rules for pages name: this computer, and examples. */
    const harmless = /^https?:\/\/($|www\.w3\.org\/|(localhost|127\.0\.0\.1)\b|portal\.example\.tw\b|WEBSITE$)/;

    for (const program of ['hufud', 'hufu-worker', 'hufu']) {
        test(`is nowhere in ${program}`, () => {
            const bytes = readFileSync(join(programs, program)).toString('latin1');
            const found = bytes.match(/(https?|ftp|wss?|ldaps?):\/\/[\x20-\x7e]*/g) ?? [];
            assert.deepEqual(found.filter((text) => !harmless.test(text)), []);
        });
    }
});

describe('hufu', { skip: skipDaemon('strace') }, () => {
    let daemon;
    let trace;

    before(async () => {
        daemon = await startDaemon({ pinentry: '/bin/false', more: ['--no-daemon'] });
        trace = await startTraced(daemon, 'socket,connect,sendto,sendmsg,bind');
    });

    after(() => daemon?.stop());

    test('connects to sockets of this machine alone, whatever a page calls', async () => {
        for (const face of Object.values(faces)) {
            const page = await daemon.openCardPage({ face });
            for (const [name, parameters] of face.functions) {
                await page.call(name, ...parameters.split(' ').map(() => 'https://evil.example/'));
            }
            for (const name of ['ServiSignCheckUpdate', 'ServiSignUpdate', 'CheckUpdate']) {
                await page.ask(name, { url: 'https://evil.example/' });
            }
            page.close();
        }
        const lines = trace();
        assert.ok(lines.some((line) => /bind\(.*sin_addr=inet_addr\("127\.0\.0\.1"\)/.test(line)));
        const outward = lines.filter((line) => /(connect|sendto|sendmsg)\(.*sa_family=AF_INET/.test(line));
        assert.deepEqual(outward, []);
        const elsewhere = lines.filter((line) => /bind\(.*AF_INET/.test(line)
            && !/inet_addr\("127\.0\.0\.1"\)|inet_pton\(AF_INET6, "::1"/.test(line));
        assert.deepEqual(elsewhere, []);
        const kinds = lines.map((line) => line.match(/ socket\((\w+), /)?.[1]).filter(Boolean);
        for (const kind of kinds) {
            assert.ok(['AF_UNIX', 'AF_INET', 'AF_INET6', 'AF_NETLINK'].includes(kind), kind);
        }
    });
});
