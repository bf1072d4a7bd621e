/* T-19: what a text leaves behind that was encrypted or decrypted. Without sanitizers, which keep what
 * is freed. HUFU_PLAIN names the build folder. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { childrenOf, skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { searchFiles, searchMemory } from '../lib/memory.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const plain = join(process.env.HUFU_PLAIN ?? join(root, 'build-gcc'), 'src');

const text = 'Kw3 canary text that is decrypted 5v';
const holder = '王測試'; /* of the certificate; in a worker's memory it may be */

const skip = skipDaemon(join(plain, 'hufud'))
    || (process.getuid() !== 0 && 'only root reads the memory of others');

/* `pid` and all that came from it. */
const family = (pid) => [pid, ...childrenOf(pid).flatMap(family)];
const encrypt = (input, ...args) => execFileSync('openssl', args, { input }).toString('base64');
const openssl = (...args) => encrypt(text, ...args);

describe('an envelope leaves nothing behind', { skip }, () => {
    let daemon;
    let page;
    let file;
    let certificate;

    before(async () => {
        daemon = await startDaemon({ more: ['--bin', plain] });
        await daemon.configure({ log: { debug: 'yes' } });
        page = await daemon.openCardPage();
        file = join(dirname(daemon.sandbox.hierarchy), 'citizen/keyx.pem');
        certificate = readFileSync(file.replace('.pem', '.der')).toString('base64');
    });

    after(() => daemon?.stop());

    const sealing = ['cms', '-encrypt', '-binary', '-outform', 'DER', '-aes128'];
    const envelope = () => openssl(...sealing, file);
    const bare = () => openssl('pkeyutl', '-encrypt', '-certin', '-inkey', file);

    /* A function, and whether it gives the text back. */
    const ways = {
        'a message that is opened': [() => ['GPKI_DecryptEx', daemon.pin, envelope(), 0, 0], true],
        'one whose content is damaged': [() => ['GPKI_DecryptEx', daemon.pin,
            envelope().replace(/.{8}$/, 'AAAAAAA='), 0, 0], false],
        'one that is no text at its end': [() => ['GPKI_DecryptEx', daemon.pin, encrypt(
            Buffer.concat([Buffer.from(text), Buffer.of(0xff)]), ...sealing, file), 0, 0], false],
        'a bare key': [() => ['GPKI_RSADecrypt', bare(), daemon.pin, 0], true],
        'a message that is sealed': [() => ['GPKI_EncryptByCert', certificate, text, 0], false],
        'a text under a bare key': [() => ['GPKI_RSAEncryptByCert', certificate, text, 0], false],
    };

    for (const [way, [call, gives]] of Object.entries(ways)) {
        test(`in memory, with ${way}`, async () => {
            assert.equal(await page.call(...call()) === text, gives);
            await daemon.quiet();
            const pids = family(daemon.pid);
            assert.ok(pids.includes(page.worker) && pids.length >= 3);
            assert.deepEqual(searchMemory(pids, { text }), []);
            assert.notDeepEqual(searchMemory([page.worker], { holder }), [], 'it finds what is there');
        });
    }

    test('in files and in the log', () => {
        assert.match(readFileSync(daemon.sandbox.log, 'utf8'), /hufud: call: .* function=GPKI_DecryptEx code=0/);
        assert.deepEqual(searchFiles(daemon.sandbox.folder, { text }), []);
    });
});
