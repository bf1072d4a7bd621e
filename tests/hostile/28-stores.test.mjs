/* Row 28: a browser's database or its list of profiles is not what it seems, and installing trust
 * damages something, leaves the user's own folders or never ends. T-34. T-32, T-33, T-35 and T-36
 * are in tests/integration/trust-run.test.mjs. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
    chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync,
    writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';

import { skipWithout } from '../lib/programs.mjs';
import { programs } from '../lib/sandbox.mjs';
import { skipOtherUser } from './nobody.mjs';

const hufu = join(programs, 'hufu');
const hangMs = 30_000; // a child of hufu's has 20 s

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
    function ask(home, verb) {
        const { XDG_DATA_HOME, XDG_CONFIG_HOME, ...env } = process.env;
        const { stdout, signal } = spawnSync(hufu, ['trust', verb, '--json'],
            { encoding: 'utf8', env: { ...env, HOME: home }, timeout: hangMs });
        assert.equal(signal, null, 'it hangs');
        const answer = JSON.parse(stdout);
        return { ...answer, at: (path) => answer.stores.find((store) => store.path === path) };
    }

    const install = (home) => ask(home, 'install');

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

    /* A profile that is what it seems, beside the hostile things. */
    function makeProfile(home, name) {
        const profile = join(home.firefox, name);
        makeDatabase(profile);
        return profile;
    }

    const manyProfiles = Array.from({ length: 10_000 },
        (_, i) => `[Profile${i}]\nPath=p${i}\n`).join('');
    for (const [what, list] of [
        ['empty', ''], ['with NULs', '\0[Profile0]\nPath=\0\n[Profile1]\nPath=go\0od\n'],
        ['of one line of a megabyte', `[Profile0]\nPath=${'x'.repeat(900_000)}`],
        ['of two megabytes', '\n'.repeat(2 ** 21)], ['of ten thousand', manyProfiles],
        ['of ten thousand outside', manyProfiles.replaceAll('Path=', 'Path=../')],
        ['of links in a circle', '[Profile0]\nPath=circle\n[Profile1]\nPath=circle/circle\n'],
        ['of itself', '[Profile0]\nPath=.\n[Profile1]\nPath=./\n[Profile2]\nPath=/\n'],
        ['of its own kind', '[Profile0]\nPath=profiles.ini\nPath=installs.ini/x\n'],
        ['in UTF-16', Buffer.from('\ufeff[Profile0]\nPath=good\n', 'utf16le')],
    ]) {
        test(`beside a list ${what} is trusted`, (t) => {
            const home = makeHome(t);
            const good = makeProfile(home, 'good');
            symlinkSync('circle', join(home.firefox, 'circle'));
            for (const name of ['profiles.ini', 'installs.ini']) {
                writeFileSync(join(home.firefox, name), list);
            }
            const answer = install(home.home);
            assert.equal(answer.at(good)?.state, 'added', JSON.stringify(answer.stores));
            assert.ok(answer.stores.length <= 1 + 1 + 64 + 1, `${answer.stores.length} lines`);
            for (const { path, state, detail } of answer.stores) {
                assert.equal(state === 'refused', detail !== '', path);
            }
            const paths = answer.stores.map(({ path }) => path);
            assert.equal(new Set(paths).size, paths.length);
        });
    }

    const outside = (t) => {
        const folder = mkdtempSync(join(tmpdir(), 'hufu-outside-'));
        t.after(() => rmSync(folder, { recursive: true, force: true }));
        return folder;
    };

    for (const name of ['profiles.ini', 'installs.ini']) {
        for (const [what, make] of [
            ['a pipe', (path) => execFileSync('mkfifo', [path])],
            ['a folder', (path) => mkdirSync(path)],
            ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
            ['a link to itself', (path) => symlinkSync(name, path)],
            ['a link to a terminal', (path) => symlinkSync('/dev/tty', path)],
            ['a link out of the home', (path, t) => {
                const real = join(outside(t), name);
                writeFileSync(real, '[Profile0]\nPath=unused\n[x]\nDefault=unused\n');
                symlinkSync(real, path);
            }],
        ]) {
            test(`whose ${name} is ${what} is trusted, and the list is named`, (t) => {
                const home = makeHome(t);
                const good = makeProfile(home, 'good');
                mkdirSync(join(home.firefox, 'unused'));
                make(join(home.firefox, name), t);
                const answer = install(home.home);
                assert.equal(answer.at(good)?.state, 'added');
                assert.equal(answer.at(join(home.firefox, name))?.state, 'refused');
                assert.equal(answer.stores.length, 3, JSON.stringify(answer.stores));
            });
        }
    }

    for (const file of ['cert9.db', 'key4.db', 'pkcs11.txt', 'cert9.db-journal', 'key4.db-wal']) {
        for (const [what, make] of [
            ['a pipe', (path) => execFileSync('mkfifo', [path])],
            ['a folder', (path) => mkdirSync(path)],
            ['a link elsewhere', (path, elsewhere) => symlinkSync(elsewhere, path)],
            ['a link to nowhere', (path, elsewhere) => symlinkSync(`${elsewhere}.new`, path)],
            ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
            ['another user\'s', (path) => {
                writeFileSync(path, '');
                chownSync(path, 65534, 65534);
            }],
        ]) {
            const skip = what.startsWith('another') && skipOtherUser;
            test(`whose ${file} is ${what} is refused, and nothing is written`, { skip }, (t) => {
                const { home, chromium } = makeHome(t);
                const elsewhere = join(home, 'elsewhere');
                makeDatabase(elsewhere);
                makeDatabase(chromium);
                rmSync(join(chromium, file), { force: true });
                const target = join(elsewhere, file);
                make(join(chromium, file), target);
                const shown = () => [readdirSync(chromium), readdirSync(elsewhere),
                    bytesOf(elsewhere)];
                const before = shown();
                for (const verb of ['status', 'install', 'remove']) {
                    const store = ask(home, verb).at(chromium);
                    assert.equal(store.state, 'refused', verb);
                    assert.ok(store.detail.includes(file), store.detail);
                }
                assert.deepEqual(shown(), before);
            });
        }
    }

    for (const [what, way, rest] of [
        ['a browser\'s own folder', '.mozilla', 'firefox/x'],
        ['a flatpak\'s', '.var/app/com.google.Chrome', 'data/pki/nssdb'],
        ['snapd\'s link', 'snap/chromium/current', '.local/share/pki/nssdb'],
        ['the XDG folder', '.local/share/pki', 'nssdb'],
    ]) {
        test(`behind ${what} that leads out of the home is refused`, (t) => {
            const { home } = makeHome(t);
            const away = outside(t);
            makeDatabase(join(away, rest));
            const before = bytesOf(join(away, rest));
            mkdirSync(dirname(join(home, way)), { recursive: true });
            symlinkSync(away, join(home, way));
            const { stores } = install(home);
            const refused = stores.filter(({ path }) => path.startsWith(join(home, way)));
            assert.equal(refused.length, 1, JSON.stringify(stores));
            assert.equal(refused[0].state, 'refused');
            assert.deepEqual(bytesOf(join(away, rest)), before);
        });
    }

    test('in another user\'s home is not made', { skip: skipOtherUser }, (t) => {
        const { home } = makeHome(t);
        chownSync(home, 65534, 65534);
        const { status, stderr } = spawnSync(hufu, ['trust', 'install'],
            { encoding: 'utf8', env: { ...process.env, HOME: home, LC_ALL: 'C' }, timeout: hangMs });
        assert.equal(status, 1);
        assert.match(stderr, /61917: HOME belongs to another user/);
        assert.deepEqual(readdirSync(home), []);
    });
});
