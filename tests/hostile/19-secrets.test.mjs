/* T-19: what a PIN, a signed text and the holder's name leave behind. Without sanitizers, which keep
 * what is freed. HUFU_PLAIN names the build folder. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { assertSigned } from '../lib/cms.mjs';
import { childrenOf, skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { formsOf, searchFiles, searchMemory, searchProcess } from '../lib/memory.mjs';
import { formBody } from '../lib/servisign.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const plain = join(process.env.HUFU_PLAIN ?? join(root, 'build-gcc'), 'src');

const pin = 'Zx9.canary-PIN-7q';
const text = 'Kw3 canary text that is signed 5v';
const holder = '王測試'; /* of the certificate; in a worker's memory it may be */

const skip = skipDaemon(join(plain, 'hufud'), 'gcore')
    || (process.getuid() !== 0 && 'only root reads the memory of others');

/* `pid` and all that came from it. */
const family = (pid) => [pid, ...childrenOf(pid).flatMap(family)];

test('the forms of a secret are found in what carries it', { skip }, () => {
    const call = { PIN: encodeURIComponent(Buffer.from(pin).toString('base64')) };
    const bodies = [formBody(call), formBody({ x: 1, ...call }), formBody({ xy: 1, ...call }), pin];
    for (const body of bodies) {
        assert.ok(formsOf(pin).some((form) => decodeURIComponent(body).includes(form)), body);
    }
});

describe('a signature leaves nothing behind', { skip }, () => {
    let daemon;
    let windows;
    let page;

    before(async () => {
        daemon = await startDaemon({ pinentry, more: ['--bin', plain, '--pin', pin] });
        windows = new Windows(daemon);
        await daemon.configure({ pin: { program: pinentry }, log: { debug: 'yes' } });
        await daemon.openCardPage(); /* with the spare that was there before */
        page = await daemon.openCardPage();
    });

    after(() => daemon?.stop());

    const signed = [];

    const ways = {
        'the PIN of the page': () => page.call('GPKI_SignData', pin, text, 'UTF-8', 0, 4),
        'the PIN of a window': async () => {
            const answer = page.call('GPKI_SignData', '', text, 'UTF-8', 0, 4);
            await windows.type(pin);
            return answer;
        },
        'a wrong PIN': async () => {
            assert.equal(await page.call('GPKI_VerifyPIN', `${pin}${pin}`, 0), '9039');
            const right = page.call('GPKI_VerifyPIN', '', 0);
            await windows.type(pin);
            assert.equal(await right, '0');
        },
    };

    for (const [way, run] of Object.entries(ways)) {
        test(`in memory, with ${way}`, async () => {
            const result = await run();
            if (result) {
                await assertSigned(result, daemon.sandbox.hierarchy, text);
                signed.push(result);
            }
            await daemon.quiet();
            const pids = family(daemon.pid);
            assert.ok(pids.includes(page.worker) && pids.length >= 3);
            assert.deepEqual(searchMemory(pids, { pin, text }), []);
            assert.notDeepEqual(searchMemory([page.worker], { holder }), [], 'it finds what is there');
            assert.deepEqual(searchProcess(pids, { pin, text, holder }), []);
        });
    }

    test('in what a core file would hold', async () => {
        await ways['the PIN of the page']();
        for (const pid of family(daemon.pid)) {
            const cores = mkdtempSync(join(daemon.sandbox.folder, 'core-'));
            execFileSync('gcore', ['-o', join(cores, 'core'), `${pid}`], { stdio: 'ignore' });
            assert.equal(readdirSync(cores).length, 1);
            /* what a worker knows of its card is in its memory, which is in no core file */
            assert.deepEqual(searchFiles(cores, { pin, text, holder }), []);
            rmSync(cores, { recursive: true });
        }
    });

    test('in files and in the log', () => {
        const { home, folder } = daemon.sandbox;
        for (const knows of ['softhsm2', 'hufu-test']) { /* the card and the windows */
            rmSync(join(home, '.config', knows), { recursive: true });
        }
        assert.ok(signed.length > 0);
        const log = readFileSync(daemon.sandbox.log, 'utf8');
        assert.match(log, /hufud: call: .* function=GPKI_SignData code=0/);
        assert.match(log, /hufud: request: status=200/);
        assert.match(log, /hufu-worker: call: function=GPKI_SignData arguments=5/);
        assert.match(log, /hufu-worker: C_Login: CKR 0x0/);
        const left = searchFiles(folder, { pin, text, holder })
            .map((line) => line.split(':')[0]);
        assert.deepEqual(left, [`pin in ${join(folder, 'env')}`]); /* which is the sandbox's own */
    });
});
