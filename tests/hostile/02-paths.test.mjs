/* Row 2: a page names a library, a file or a folder. CVE-2020-3925, -3926,
 * -3927, -25842, CVE-2021-37909, CVE-2022-39059, -46305, -46306. T-02, T-29, T-30. */
import '../lib/plain.mjs';

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { sayEverywhere } from '../lib/requests.mjs';
import { faces } from '../lib/servisign.mjs';
import { startTraced } from '../lib/strace.mjs';

/* In every attack, and in no other path. */
const marker = 'Zq7marker';

/* What would make a dynamic loader or a module look elsewhere. */
const foreignEnvironment = (folder) => ({
    LD_LIBRARY_PATH: folder, LD_AUDIT: '', LD_BIND_NOW: '1',
    SOFTHSM2_CONF: join(folder, `${marker}.conf`), PKCS11_MODULE: join(folder, `${marker}.so`),
    PKCS11_PROVIDER: join(folder, marker), P11_KIT_STRICT: '', OPENSC_CONF: join(folder, marker),
    OPENSSL_MODULES: folder, GCONV_PATH: folder, BASH_ENV: join(folder, marker),
    PATH: `${folder}:/usr/bin:/bin`,
});

describe('a path in a request', { skip: skipDaemon('strace') }, () => {
    let daemon;
    let trace;

    before(async () => {
        daemon = await startDaemon({ pinentry: '/bin/false', more: ['--no-daemon'] });
        const { folder } = daemon.sandbox;
        copyFileSync('/usr/lib/softhsm/libsofthsm2.so', join(folder, `${marker}.so`));
        trace = await startTraced(daemon, '%file,connect', { env: foreignEnvironment(folder) });
    });

    after(() => daemon?.stop());

    const attacks = {
        'an absolute path': (file) => file,
        'a library': (file) => `${file}.so`,
        'a relative path': (file) => `${'../'.repeat(20)}${file.slice(1)}`,
        'a relative library': (file) => `${'../'.repeat(20)}${file.slice(1)}.so`,
        'a file URL': (file) => `file://${file}`,
        'a device path of Windows': (file) => `\\\\?\\${file.replaceAll('/', '\\')}`,
        'a path in backslashes': (file) => file.replaceAll('/', '\\'),
        'stars for backslashes': (file) => file.replaceAll('/', '*'),
        'words for slashes': (file) => file.replaceAll('/', '==ServiSignSlash=='),
        'percent escapes': (file) => encodeURIComponent(file),
        'a path with NUL': (file) => `${file}.so\0.txt`,
        'a variable': (file) => `LD_PRELOAD=${file}.so`,
        'a PKCS#11 address': (file) => `pkcs11:?module-path=${file}.so`,
        'a path of 64 KiB': (file) => `${file}/${'a/'.repeat(32 * 1024)}`,
    };

    for (const [name, attack] of Object.entries(attacks)) {
        test(`${name} is opened by nobody`, async () => {
            for (const face of Object.values(faces)) {
                const page = await daemon.openCardPage({ face });
                await sayEverywhere(page, attack(join(daemon.sandbox.folder, marker)));
                assert.equal(await page.call('GPKI_GetSlotCount'), '1');
                page.close();
            }
            assert.deepEqual(trace().filter((line) => line.includes(marker)), []);
        });
    }

    test('the trace would have shown it', () => {
        assert.ok(trace().some((line) => /openat\(.*libsofthsm2\.so.* = \d/.test(line)));
        assert.ok(trace().some((line) => /openat\(.*hufu\.ini.* = \d/.test(line)));
    });

    test('names of the system that older services obeyed are unknown', async () => {
        const page = await daemon.openCardPage();
        for (const name of [
            'WriteRegistry', 'ReadRegistry', 'GetFile', 'DeleteFile', 'LoadLibrary', 'checkProcess',
            'ShellExecute', 'openUrlInDefaultBrowser', 'DownloadFile', 'ServiSignUpdate', 'eval',
            'C_GetFunctionList', '__proto__', 'constructor',
        ]) {
            assert.equal(await page.call(name, join(daemon.sandbox.folder, marker)), '', name);
            assert.equal(await page.lastError(), 5004, name);
        }
        page.close();
    });

    test('a worker has none of the variables that choose a library', async () => {
        const page = await daemon.openCardPage();
        const given = new Set(Object.keys(foreignEnvironment('')));
        for (const pid of daemon.workers) {
            const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
            assert.ok(variables.includes(`HOME=${daemon.sandbox.home}`));
            assert.ok(variables.includes('PATH=/usr/bin:/bin'));
            assert.deepEqual(variables.filter((entry) => (
                given.has(entry.split('=')[0]) && !entry.startsWith('PATH='))), []);
        }
        page.close();
    });
});
