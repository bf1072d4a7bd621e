/* What hufu trust remove leaves behind: the home as it was before the first install. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
    existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { skipWithout } from '../lib/programs.mjs';
import {
    addOther, ask, certutil, dump, environment, list, makeDatabase, makeHome, makeProfile, openssl,
    p256, run, skip, snapshot,
} from '../lib/trust.mjs';

const withFirefox = skip || skipWithout('firefox-esr');
const withChromium = skip || skipWithout('chromium');

function assertAllGone(answer) {
    assert.equal(answer.ok, true);
    assert.ok(answer.stores.every(({ state }) => state === 'removed' || state === 'absent'));
}

test('an empty home is empty again', { skip }, (t) => {
    const home = makeHome(t);
    ask(home, 'install');
    assertAllGone(ask(home, 'remove'));
    assert.deepEqual(readdirSync(home.path), []);
});

test('what was there is there again, row by row', { skip }, (t) => {
    const home = makeHome(t);
    const old = join(home.path, '.pki/nssdb');
    makeDatabase(old);
    addOther(home, old, 'CT,c,p');
    makeProfile(home, 'new.default'); /* without a database */
    makeDatabase(makeProfile(home, 'a.default', '.config/mozilla/firefox'));
    mkdirSync(join(home.path, '.local/share/hufu'), { recursive: true });
    writeFileSync(join(home.path, '.local/share/hufu/mine'), 'of the person');
    const before = snapshot(home.path);
    const answer = ask(home, 'install');
    assert.equal(answer.ok, true);
    assert.equal(answer.stores.length, 3);
    assertAllGone(ask(home, 'remove'));
    assert.deepEqual(snapshot(home.path), before);
    assertAllGone(ask(home, 'remove'));
    assert.deepEqual(snapshot(home.path), before);
});

test('install and remove, again and again', { skip }, (t) => {
    const home = makeHome(t);
    makeDatabase(home.chromium);
    addOther(home, home.chromium, 'C,,');
    const before = snapshot(home.path);
    for (let i = 0; i < 5; i++) {
        assert.equal(ask(home, 'install').ok, true);
        assertAllGone(ask(home, 'remove'));
    }
    assert.deepEqual(snapshot(home.path), before);
});

test('a database that hufu made stays when others use it', { skip }, (t) => {
    const home = makeHome(t);
    ask(home, 'install');
    addOther(home, home.chromium, 'C,,');
    assertAllGone(ask(home, 'remove'));
    assert.deepEqual(list(home.chromium), [['Company Root', 'C,,']]);
    assert.equal(existsSync(home.data), false);
});

test('a password, a key or a module makes it theirs as well', { skip }, (t) => {
    const uses = {
        password: (home) => {
            const [none, password] = ['none', 'password'].map((name) => join(home.path, name));
            writeFileSync(none, '\n');
            writeFileSync(password, 'correct horse\n');
            certutil(home.chromium, '-W', '-f', none, '-@', password);
        },
        key: (home) => {
            const noise = join(home.path, 'noise');
            writeFileSync(noise, 'x'.repeat(4096));
            certutil(home.chromium, '-G', '-k', 'ec', '-q', 'nistp256', '-z', noise);
        },
        module: (home) => {
            writeFileSync(join(home.chromium, 'pkcs11.txt'),
                'library=\nname=NSS Internal PKCS #11 Module\n\nlibrary=/usr/lib/card.so\nname=card\n');
        },
    };
    for (const [name, use] of Object.entries(uses)) {
        const home = makeHome(t);
        ask(home, 'install');
        use(home);
        assertAllGone(ask(home, 'remove'));
        assert.equal(existsSync(join(home.chromium, 'cert9.db')), true, name);
        assert.equal(existsSync(join(home.chromium, 'key4.db')), true, name);
        assert.equal(existsSync(home.data), false);
    }
});

test('one that a running program has open stays', { skip }, async (t) => {
    const home = makeHome(t);
    ask(home, 'install');
    const browser = spawn('sh', ['-c', 'exec 3<>"$1"; echo; exec sleep 60', 'sh',
        join(home.chromium, 'cert9.db')], { stdio: ['ignore', 'pipe', 'ignore'] });
    t.after(() => browser.kill());
    await once(browser.stdout, 'data');
    assertAllGone(ask(home, 'remove'));
    assert.deepEqual(list(home.chromium), []);
});

test('a store that refuses keeps the record, and the next run goes on', { skip }, (t) => {
    const home = makeHome(t);
    const profile = makeProfile(home, 'a.default');
    makeDatabase(profile);
    const before = dump(profile);
    ask(home, 'install');
    const database = join(profile, 'cert9.db');
    const bytes = readFileSync(database);
    writeFileSync(database, bytes.subarray(0, 5000));
    const answer = ask(home, 'remove');
    assert.equal(answer.ok, false);
    assert.equal(answer.at(profile).state, 'refused');
    assert.equal(answer.at(home.chromium).state, 'removed');
    assert.equal(existsSync(home.leaf), false);
    assert.equal(existsSync(home.key), false);
    writeFileSync(database, bytes);
    assertAllGone(ask(home, 'remove'));
    assert.deepEqual(dump(profile), before);
    assert.equal(existsSync(home.data), false);
});

test('a database of Firefox is as it was', { skip: withFirefox, timeout: 60_000 }, (t) => {
    const home = makeHome(t);
    const profile = makeProfile(home, 'a.default');
    run('firefox-esr', ['--headless', '--profile', profile, '--screenshot',
        join(home.path, 'shot.png'), 'about:blank'],
    { env: { ...environment(home), MOZ_DISABLE_CONTENT_SANDBOX: '1' }, timeout: 50_000 });
    const before = dump(profile);
    assert.equal(before.length, 2, 'Firefox made a database');
    assert.equal(ask(home, 'install').at(profile).state, 'added');
    assert.notDeepEqual(dump(profile), before);
    assertAllGone(ask(home, 'remove'));
    assert.deepEqual(dump(profile), before);
});

/* A server on a free port, in a process of its own; resolves with the port. */
async function startServer(t, home) {
    const [key, pem] = ['server.key', 'server.pem'].map((name) => join(home.path, name));
    openssl('req', '-x509', ...p256, '-keyout', key, '-out', pem, '-subj', '/CN=x', '-days', '1');
    const server = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', '-key', key, '-cert', pem,
        '-www'], { stdio: ['ignore', 'pipe', 'ignore'] });
    t.after(() => server.kill());
    let said = '';
    for await (const data of server.stdout) {
        said += data;
        const accepts = said.match(/^ACCEPT .*:(\d+)$/m);
        if (accepts) {
            return Number(accepts[1]);
        }
    }
    throw new Error('openssl s_server ended');
}

/* Chromium makes its database when it meets the first certificate. */
test('a database of Chromium is as it was', { skip: withChromium, timeout: 60_000 }, async (t) => {
    const home = makeHome(t);
    const port = await startServer(t, home);
    run('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
        `--user-data-dir=${join(home.path, 'data')}`, '--dump-dom', `https://127.0.0.1:${port}/`],
    { env: environment(home), timeout: 50_000 });
    const before = dump(home.chromium);
    assert.equal(before.length, 2, 'Chromium made a database');
    assert.equal(ask(home, 'install').at(home.chromium).state, 'added');
    assert.notDeepEqual(dump(home.chromium), before);
    assertAllGone(ask(home, 'remove'));
    assert.deepEqual(dump(home.chromium), before);
});
