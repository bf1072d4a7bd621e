/* Row 10: another user of the machine talks to my hufud. SO_PEERCRED says nothing on TCP, and a
 * socket that its owner has closed reads as root's. T-10. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { asNobody, skipOtherUser } from './nobody.mjs';

/* What the other user runs; it prints how many bytes came back. */
const connectTo = 'const s = require("net").connect(port, address); let n = 0;'
    + 's.on("data", (d) => { n += d.length; }).on("error", () => {})'
    + '.on("close", () => console.log(n));';

const attempts = {
    'and waits': '',
    'and sends a greeting of TLS': 's.on("connect", () => s.write(Buffer.from('
        + '"160301000e0100000a0303", "hex")));',
    'and closes it at once': 's.on("connect", () => s.destroy());',
    'and sends, and closes it at once': 's.on("connect", () => { s.write("x"); s.destroy(); });',
    'and closes its half': 's.on("connect", () => s.end());',
    'and sends, and closes its half': 's.on("connect", () => s.end("x"));',
    'and resets it': 's.on("connect", () => s.resetAndDestroy());',
};

describe('another user', { skip: skipDaemon('setpriv') || skipOtherUser }, () => {
    let daemon;

    before(async () => {
        daemon = await startDaemon();
    });

    after(() => daemon?.stop());

    const program = (address, rest) => (
        `const port = ${daemon.port}, address = "${address}"; ${rest}`);

    for (const address of ['127.0.0.1', '::1']) {
        for (const [name, more] of Object.entries(attempts)) {
            test(`connects to ${address} ${name}: closed before a byte is read`, async () => {
                let result;
                const lines = await daemon.logOf(() => {
                    result = spawnSync(...asNobody(program(address, connectTo + more)),
                        { encoding: 'utf8', timeout: 20_000 });
                }, /another user/);
                assert.deepEqual([result.status, result.stdout], [0, '0\n'], result.stderr);
                assert.deepEqual(lines, ['hufud: connection closed: another user']);
            });
        }
    }

    test('with many connections takes none of ours', async () => {
        const many = 'for (let i = 0; i < 300; i++) (function again() {'
            + 'require("net").connect(port, address).on("error", () => {})'
            + '.on("close", () => setTimeout(again, 5)); })();';
        const [command, args] = asNobody(program('127.0.0.1', many));
        const attacker = spawn(command, args, { stdio: 'ignore' });
        try {
            const closed = () => daemon.log.filter((line) => line.endsWith('another user')).length;
            const enough = closed() + 300;
            await until('their connections', () => closed() > enough);
            for (let i = 0; i < 20; i += 1) {
                const page = await daemon.openPage();
                assert.equal(await page.call('GPKI_GetSlotCount'), '1');
                page.close();
            }
            assert.doesNotMatch(daemon.log.join('\n'), /too many connections/);
        } finally {
            attacker.kill('SIGKILL');
            await once(attacker, 'exit');
        }
    });
});
