/* Row 27: somebody else's library in the place of a module. T-27. p11-kit chooses the modules, from
 * settings of root and of the user; hufu-worker uses none whose file others can write. */
import assert from 'node:assert/strict';
import {
    chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { skipOtherUser } from './nobody.mjs';

const softhsm = '/usr/lib/softhsm/libsofthsm2.so';
const nobody = 65534;
const leftOut = /hufu-worker: a PKCS#11 module was left out: others can write/;

/* What somebody did to the file or to a folder above it, and whether the module is used then. */
const rows = [
    ['as it should be', true, () => {}],
    ['that others can write', false, (file) => chmodSync(file, 0o646)],
    ['that a group can write', false, (file) => {
        chownSync(file, 0, nobody);
        chmodSync(file, 0o664);
    }],
    ['that belongs to another user', false, (file) => chownSync(file, nobody, nobody)],
    ['in a folder that others can write', false, (file, folder) => chmodSync(folder, 0o777)],
    ['in a folder where others can only add', true, (file, folder) => chmodSync(folder, 0o1777)],
    ['in a folder that a group can write', false, (file, folder) => {
        chownSync(folder, 0, nobody);
        chmodSync(folder, 0o775);
    }],
    ['below a folder of another user', false, (file, folder, above) => (
        chownSync(above, nobody, nobody))],
];

describe('a module', { skip: skipDaemon('unshare') || skipOtherUser }, () => {
    for (const [what, used, change] of rows) {
        test(`${what} is ${used ? 'used' : 'left out'}`, async (t) => {
            const above = mkdtempSync(join(tmpdir(), 'hufu-module-'));
            const folder = join(above, 'folder');
            const file = join(folder, 'module.so');
            mkdirSync(folder);
            copyFileSync(realpathSync(softhsm), file);
            chmodSync(file, 0o644);
            let daemon;
            t.after(async () => {
                await daemon?.stop();
                rmSync(above, { recursive: true, force: true });
            });
            change(file, folder, above);
            daemon = await startDaemon({ more: ['--module', file] });
            const page = await daemon.openPage();
            if (used) {
                assert.equal(await page.call('GPKI_DetectCard', 0), '1');
                assert.doesNotMatch(daemon.log.join('\n'), leftOut);
            } else {
                assert.notEqual(await page.call('GPKI_DetectCard', 0), '1');
                await until('a line', () => leftOut.test(daemon.log.join('\n')));
            }
            page.close();
        });
    }
});
