/* Row 1: a page makes the service run a command. CVE-2026-15027, CVE-2022-46304, CVE-2020-12775.
 * T-01. */
import '../lib/plain.mjs';

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { sayEverywhere } from '../lib/requests.mjs';
import { programs } from '../lib/sandbox.mjs';
import { faces } from '../lib/servisign.mjs';
import { startTraced } from '../lib/strace.mjs';

/* In the place of a PIN window: it ends at once, so nobody has to answer. */
const pinentry = '/bin/false';

describe('a command in a request', { skip: skipDaemon('strace') }, () => {
    let daemon;
    let trace;
    let file;

    before(async () => {
        daemon = await startDaemon({ pinentry, more: ['--no-daemon'] });
        trace = await startTraced(daemon, 'execve,execveat');
        file = join(daemon.sandbox.folder, 'touched');
    });

    after(() => daemon?.stop());

    const attacks = [
        (touch) => `;${touch};`, (touch) => `$(${touch})`, (touch) => `\`${touch}\``,
        (touch) => `|${touch}`, (touch) => `||${touch}`, (touch) => `&${touch}&`,
        (touch) => `\n${touch}\n`, (touch) => `\r\n${touch}`,
        (touch) => `%0a${encodeURIComponent(touch)}`, (touch) => `';${touch};'`,
        (touch) => `";${touch};"`, (touch) => `x\0;${touch}`,
    ];

    for (const attack of attacks) {
        test(`such as ${JSON.stringify(attack('touch FILE'))} does nothing`, async () => {
            for (const face of Object.values(faces)) {
                const page = await daemon.openCardPage({ face });
                await sayEverywhere(page, attack(`touch ${file}`));
                const data = attack(`touch ${file}`).replace('\0', '');
                assert.equal(await page.call('GPKI_SignData', '', data, '', 0, 4), '');
                assert.equal(await page.call('GPKI_GetSlotCount'), '1');
                page.close();
            }
            assert.ok(!existsSync(file));
        });
    }

    test('hufud and its workers start known programs, with the same words each time', () => {
        const started = trace().map((line) => line.match(/ execve(?:at)?\((.*), 0x.*\) = 0$/)?.[1])
            .filter(Boolean).slice(1); /* the first is hufud itself */
        assert.deepEqual([...new Set(started)].sort(), [
            `"${join(programs, 'hufu')}", ["hufu", "trust", "watch"]`,
            `"${join(programs, 'hufu-worker')}", ["hufu-worker"]`,
            `"${pinentry}", ["pinentry"]`,
            '"/usr/bin/systemctl", ["systemctl", "--user", "show-environment"]', /* where a window opens */
        ].sort());
    });
});

describe('a shell', { skip: skipWithout('nm', join(programs, 'hufud')) }, () => {
    for (const program of ['hufud', 'hufu-worker', 'hufu']) {
        test(`is nothing that ${program} could call`, () => {
            const { stdout } = spawnSync('nm', ['-D', '--undefined-only', join(programs, program)],
                { encoding: 'utf8' });
            const names = stdout.split('\n').map((line) => line.trim().split(/[ @]/)[1]);
            assert.ok(names.includes('free'));
            assert.deepEqual(names.filter((name) => (
                /^(system|popen|wordexp|execl[pe]?|execvpe?|posix_spawnp)$/.test(name))), []);
        });
    }
});
