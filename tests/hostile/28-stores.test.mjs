/* Row 28: a browser's database is not what it seems, and installing trust damages something.
 * T-34. T-32, T-33, T-35 and T-36 are in tests/integration/trust-run.test.mjs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
    chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync,
    writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { skipWithout } from '../lib/programs.mjs';
import { programs } from '../lib/sandbox.mjs';
import { skipOtherUser } from './nobody.mjs';

const hufu = join(programs, 'hufu');

describe('a database', { skip: skipWithout(hufu, 'certutil') }, () => {
    function makeHome(t) {
        const home = mkdtempSync(join(tmpdir(), 'hufu-stores-'));
        t.after(() => rmSync(home, { recursive: true, force: true }));
        return { home, chromium: join(home, '.local/share/pki/nssdb'),
            firefox: join(home, '.mozilla/firefox') };
    }

    function makeDatabase(folder) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const { status } = spawnSync('certutil',
            ['-N', '--empty-password', '-d', `sql:${folder}`]);
        assert.equal(status, 0);
    }

    /* The answer of hufu, and `at(path)`, what it says of one store. */
    function install(home) {
        const { XDG_DATA_HOME, XDG_CONFIG_HOME, ...env } = process.env;
        const { stdout } = spawnSync(hufu, ['trust', 'install', '--json'],
            { encoding: 'utf8', env: { ...env, HOME: home } });
        const answer = JSON.parse(stdout);
        return { ...answer, at: (path) => answer.stores.find((store) => store.path === path) };
    }

    const bytesOf = (folder) => readdirSync(folder).filter((name) => name.endsWith('.db')).sort()
        .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]);

    /* Runs hufu; what is in `folder` is untouched, and the store at `path` is refused. */
    function assertRefused(home, path, folder) {
        const before = bytesOf(folder);
        const answer = install(home);
        assert.equal(answer.ok, false);
        assert.equal(answer.at(path)?.state, 'refused', JSON.stringify(answer.stores));
        assert.deepEqual(bytesOf(folder), before);
    }

    test('that is a link is refused', (t) => {
        const { home, chromium } = makeHome(t);
        const elsewhere = join(home, 'elsewhere');
        makeDatabase(elsewhere);
        mkdirSync(join(home, '.local/share/pki'), { recursive: true });
        symlinkSync(elsewhere, chromium);
        assertRefused(home, chromium, elsewhere);
    });

    test('that leads nowhere is refused, and nothing is made there', (t) => {
        const { home, chromium } = makeHome(t);
        mkdirSync(join(home, '.local/share/pki'), { recursive: true });
        symlinkSync(join(home, 'nowhere'), chromium);
        assert.equal(install(home).at(chromium).state, 'refused');
        assert.ok(!existsSync(join(home, 'nowhere')));
    });

    test('of another user is refused', { skip: skipOtherUser }, (t) => {
        const { home, chromium } = makeHome(t);
        makeDatabase(chromium);
        chownSync(chromium, 65534, 65534);
        assertRefused(home, chromium, chromium);
    });

    for (const [what, path] of [
        ['outside', '../../outside'], ['far outside', '/tmp'], ['that is a link', 'link'],
        ['behind a link', 'linked/profile'], ['above', '..'],
    ]) {
        test(`of a profile ${what} is refused or not seen`, (t) => {
            const { home, firefox } = makeHome(t);
            const outside = join(home, 'outside');
            makeDatabase(outside);
            makeDatabase(join(outside, 'profile'));
            mkdirSync(firefox, { recursive: true });
            symlinkSync(outside, join(firefox, 'link'));
            symlinkSync(outside, join(firefox, 'linked'));
            writeFileSync(join(firefox, 'profiles.ini'),
                `[Profile0]\nName=x\nIsRelative=1\nPath=${path}\n`);
            const seen = () => [outside, join(outside, 'profile')].map(bytesOf);
            const before = seen();
            const { stores } = install(home);
            for (const store of stores.filter(({ kind }) => kind === 'firefox')) {
                assert.equal(store.state, 'refused', store.path);
            }
            assert.deepEqual(seen(), before);
        });
    }
});
