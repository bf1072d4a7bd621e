/* Every kind of store that browsers of a user have, made by the browsers themselves or laid out as
 * they do in their packages: install fills it, hufud's handshake and a real browser that reads this
 * very store show it, and remove leaves it as it was. The system's store is in
 * tests/integration/system.test.mjs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { launchChromium, launchFirefox } from '../lib/browsers.mjs';
import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { dump, makeDatabase, snapshot } from '../lib/trust.mjs';

const skip = skipDaemon('certutil', 'sqlite3', '/usr/bin/chromium', '/usr/bin/firefox-esr',
    'playwright-core', 'puppeteer-core');

/* --- how each store comes to be --- */

/* A first start of the real Firefox: its profile, its lists of profiles. */
function startFirefox(home) {
    execFileSync('/usr/bin/firefox-esr',
        ['--headless', '--screenshot', join(home, 'shot.png'), 'about:blank'],
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

/* The profile that Firefox starts with. */
function profileOf(root) {
    return join(root, readdirSync(root).find((name) => name.endsWith('.default-esr')));
}

const flatpakFirefox = '.var/app/org.mozilla.firefox';
const flatpakChromium = '.var/app/org.chromium.Chromium';

const firefox = (name, folder, make = (_, to) => layOutFirefox(to)) => (
    { name: `Firefox${name}`, browser: 'Firefox', folder, make });

/* `env` is what the package starts its Chromium with, so that it reads this database and no other. */
const chromium = (name, folder, env, make = (_, to) => makeDatabase(to)) => (
    { name: `Chromium${name}`, browser: 'Chromium', folder, env, make });

const atHome = (folder) => (home) => ({ HOME: join(home, folder) });
const atData = (folder) => (home) => (
    { HOME: join(home, 'nobody'), XDG_DATA_HOME: join(home, folder) });

function makeSnap(home, database) {
    mkdirSync(join(home, 'snap/chromium/2999'), { recursive: true });
    symlinkSync('2999', join(home, 'snap/chromium/current'));
    makeDatabase(database);
}

/* `make` gets the home and the folder. */
const kinds = [
    firefox('', '.config/mozilla/firefox', startFirefox),
    firefox(' of old', '.mozilla/firefox'),
    firefox(', snap', 'snap/firefox/common/.mozilla/firefox'),
    firefox(', flatpak', `${flatpakFirefox}/config/mozilla/firefox`),
    firefox(', flatpak of old', `${flatpakFirefox}/.mozilla/firefox`),
    chromium('', '.local/share/pki/nssdb', atData('.local/share')),
    chromium(' of old', '.pki/nssdb', atHome('.')),
    chromium(', snap', 'snap/chromium/current/.pki/nssdb', atHome('snap/chromium/current'), makeSnap),
    chromium(', flatpak', `${flatpakChromium}/data/pki/nssdb`, atData(`${flatpakChromium}/data`)),
    chromium(', flatpak of old', `${flatpakChromium}/.pki/nssdb`, atHome(flatpakChromium)),
];

/* --- the matrix --- */

/* What hufud and the sandbox keep for themselves is not trust's. */
const others = /^\.(local\/state|config\/(hufu|softhsm2|pkcs11|hufu-test))\b/;

const contentOf = (home) => Object.fromEntries(
    Object.entries(snapshot(home)).filter(([name]) => !others.test(name)));

const nobody = { host: 'portal.example.tw', port: 9 }; /* no web site is asked */

describe('a store', { skip }, () => {
    let daemon;
    let home;
    let untouched;
    let rows;
    let filled;
    let emptied;

    const trust = async (verb) => JSON.parse(await daemon.sandbox.hufu('trust', verb, '--json'));
    const pathOf = ({ browser, folder }) => (browser === 'Firefox'
        ? profileOf(join(home, folder)) : join(home, folder));

    /* The browser in the environment of its package. Firefox gets a copy of its profile, because it
     * leaves more behind than a certificate. */
    function launch(kind) {
        const env = { ...daemon.sandbox.env(), ...kind.env?.(home) };
        const profile = mkdtempSync(join(daemon.sandbox.folder, 'profile-'));
        if (kind.browser === 'Chromium') {
            return launchChromium({ env: () => env }, profile, nobody);
        }
        cpSync(pathOf(kind), profile, { recursive: true });
        return launchFirefox({ env: () => env }, profile, nobody);
    }

    before(async () => {
        daemon = await startDaemon({ more: ['--no-daemon'] });
        ({ home } = daemon.sandbox);
        for (const { folder, make } of kinds) {
            make(home, join(home, folder));
        }
        untouched = contentOf(home);
        rows = new Map(kinds.map((kind) => [kind, dump(pathOf(kind))]));
        filled = await trust('install');
        await trust('remove');
        emptied = contentOf(home);
        await trust('install');
        await daemon.startAndWait();
    });

    after(() => daemon?.stop());

    test('of each kind is as it was after install and remove', () => {
        for (const kind of kinds) {
            const store = filled.stores.find(({ path }) => path === pathOf(kind));
            assert.equal(store?.state, 'added', kind.name);
        }
        assert.deepEqual(emptied, untouched);
    });

    for (const kind of kinds) {
        test(`of ${kind.name} passes hufud's handshake`, async () => {
            const { stores } = await trust('status');
            const store = stores.find(({ path }) => path === pathOf(kind));
            assert.equal(store?.state, 'trusted', JSON.stringify(stores, null, 1));
            assert.equal(store.handshake, 'passed');
            assert.equal(store.browser, kind.browser);
        });

        test(`of ${kind.name} has its browser open hufud's page without a warning`, async () => {
            const browser = await launch(kind);
            try {
                const page = await browser.newPage();
                for (const host of ['localhost', '127.0.0.1', '[::1]']) {
                    const response = await page.goto(`https://${host}:${daemon.port}/`);
                    assert.equal(response.status(), 405, host); /* hufud's to a page without a call */
                }
            } finally {
                await browser.close();
            }
        });
    }

    test('of each kind has the rows that it had, after browsers met them and remove', async () => {
        await trust('remove');
        for (const kind of kinds) {
            assert.deepEqual(dump(pathOf(kind)), rows.get(kind), kind.name);
        }
    });
});
