/* Every kind of store that browsers of a user have, made by the browsers themselves or laid out as
 * they do in their packages: install fills it, hufud's handshake and a real browser that reads this
 * very store show it, and remove leaves it as it was. The system's store is in
 * tests/integration/system.test.mjs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { openUrl } from '../lib/browsers.mjs';
import { skipDaemon, startDaemon } from '../lib/daemon.mjs';

const skip = skipDaemon('certutil', 'sqlite3', '/usr/bin/chromium', '/usr/bin/firefox-esr',
    'playwright-core', 'puppeteer-core');

/* --- how each store comes to be --- */

/* A first start of the real Firefox: its profile, its lists of profiles. */
function startFirefox(home) {
    execFileSync('/usr/bin/firefox-esr', ['--headless', '--screenshot', join(home, 'shot.png'), 'about:blank'],
        { env: { HOME: home, PATH: '/usr/bin:/bin' }, stdio: 'ignore', timeout: 60_000 });
    rmSync(join(home, 'shot.png'), { force: true });
}

/* The same in a home of its own; what it made goes to `to`, as a package lays it out. */
function layOutFirefox(to) {
    const home = mkdtempSync(join(tmpdir(), 'hufu-firefox-'));
    startFirefox(home);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(home, '.config/mozilla/firefox'), to, { recursive: true });
    rmSync(home, { recursive: true });
}

function layOutChromium(folder) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    execFileSync('certutil', ['-N', '--empty-password', '-d', `sql:${folder}`]);
}

/* The profile that Firefox starts with. */
function profileOf(root) {
    return join(root, readdirSync(root).find((name) => name.endsWith('.default-esr')));
}

const flatpakFirefox = '.var/app/org.mozilla.firefox';
const flatpakChromium = '.var/app/org.chromium.Chromium';

/* `make` gets the home and the store's own folder; `env` is what the package starts its browser
 * with. */
const kinds = [
    { name: 'Firefox of a new user', browser: 'Firefox', folder: '.config/mozilla/firefox', make: startFirefox },
    { name: 'Firefox of old', browser: 'Firefox', folder: '.mozilla/firefox', make: (_, to) => layOutFirefox(to) },
    { name: 'Firefox, snap', browser: 'Firefox', folder: 'snap/firefox/common/.mozilla/firefox', make: (_, to) => layOutFirefox(to) },
    { name: 'Firefox, flatpak', browser: 'Firefox', folder: `${flatpakFirefox}/config/mozilla/firefox`, make: (_, to) => layOutFirefox(to) },
    { name: 'Firefox, flatpak of old', browser: 'Firefox', folder: `${flatpakFirefox}/.mozilla/firefox`, make: (_, to) => layOutFirefox(to) },
    { name: 'Chromium of a new user', browser: 'Chromium', folder: '.local/share/pki/nssdb', make: () => {}, env: (home) => ({ HOME: join(home, 'other'), XDG_DATA_HOME: join(home, '.local/share') }) },
    { name: 'Chromium of old', browser: 'Chromium', folder: '.pki/nssdb', make: (_, to) => layOutChromium(to), env: (home) => ({ HOME: home }) },
    { name: 'Chromium, snap', browser: 'Chromium', folder: 'snap/chromium/current/.pki/nssdb', env: (home) => ({ HOME: join(home, 'snap/chromium/current') }),
        make: (home, to) => {
            mkdirSync(join(home, 'snap/chromium/2999'), { recursive: true });
            symlinkSync('2999', join(home, 'snap/chromium/current'));
            layOutChromium(to);
        } },
    { name: 'Chromium, flatpak', browser: 'Chromium', folder: `${flatpakChromium}/data/pki/nssdb`, make: (_, to) => layOutChromium(to), env: (home) => ({ HOME: join(home, 'other'), XDG_DATA_HOME: join(home, flatpakChromium, 'data') }) },
    { name: 'Chromium, flatpak of old', browser: 'Chromium', folder: `${flatpakChromium}/.pki/nssdb`, make: (_, to) => layOutChromium(to), env: (home) => ({ HOME: join(home, flatpakChromium) }) },
];

/* --- what a store, and a home, hold --- */

/* All rows of a database: SQLite keeps in a file's bytes how often it was written. */
function rowsOf(file) {
    return execFileSync('sqlite3', ['-readonly', file, '.dump'], { encoding: 'utf8' });
}

const isDatabase = (path) => /\/(cert9|key4)\.db$/.test(path);

/* What hufud and the sandbox keep for themselves is not trust's. */
const others = /^\.(local\/state|config\/(hufu|softhsm2|pkcs11|hufu-test))\b/;

/* Path to what is there, for all of a home. */
function contentOf(home) {
    const entries = readdirSync(home, { recursive: true, withFileTypes: true })
        .map((entry) => ({ entry, path: join(entry.parentPath ?? entry.path, entry.name) }))
        .filter(({ path }) => !others.test(relative(home, path)))
        .map(({ entry, path }) => [relative(home, path), entry.isFile()
            ? isDatabase(path) ? rowsOf(path) : createHash('sha256').update(readFileSync(path)).digest('hex')
            : 'folder or link']);
    return Object.fromEntries(entries.sort());
}

/* --- the matrix --- */

describe('a store', { skip }, () => {
    let daemon;
    let home;
    let before_;

    const hufu = async (...args) => JSON.parse(await daemon.sandbox.hufu('trust', ...args, '--json'));
    const pathOf = ({ browser, folder }) => (browser === 'Firefox'
        ? profileOf(join(home, folder)) : join(home, folder));

    before(async () => {
        daemon = await startDaemon({ more: ['--no-daemon'] });
        ({ home } = daemon.sandbox);
        for (const { folder, make } of kinds) {
            make(home, join(home, folder));
        }
        before_ = contentOf(home);
        await hufu('install');
        await daemon.startAndWait();
    });

    after(() => daemon?.stop());

    for (const kind of kinds) {
        test(`of ${kind.name} passes hufud's handshake`, async () => {
            const { stores } = await hufu('status');
            const store = stores.find(({ path }) => path === pathOf(kind));
            assert.equal(store?.state, 'trusted', JSON.stringify(store));
            assert.equal(store.handshake, 'passed');
            assert.equal(store.browser, kind.browser);
        });

        test(`of ${kind.name} has its browser open hufud's page without a warning`, async () => {
            const env = { ...daemon.sandbox.env(), ...kind.env?.(home) };
            const profile = kind.browser === 'Firefox' ? copyOf(pathOf(kind)) : join(daemon.sandbox.folder, 'chromium');
            for (const host of ['localhost', '127.0.0.1', '[::1]']) {
                assert.equal(await openUrl(kind.browser, { profile, env }, `https://${host}:${daemon.port}/`), 403);
            }
        });
    }

    test('of each kind is as it was after remove', async () => {
        await hufu('remove');
        assert.deepEqual(contentOf(home), before_);
    });
});
