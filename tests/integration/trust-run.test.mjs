/* hufu trust against real NSS databases: what a run does and what is said of it. What certificates
 * must not vouch for is in tests/hostile. */
import assert from 'node:assert/strict';
import {
    existsSync, mkdirSync, readFileSync, statSync, truncateSync, unlinkSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import {
    addOther, ask, certutil, dump, environment, homeAt, hufu, list, makeDatabase, makeHome, makeProfile,
    openssl, p256, run, skip, trust,
} from '../lib/trust.mjs';

test('a new user gets a database that trusts the leaf as a server', { skip }, (t) => {
    const home = makeHome(t);
    const answer = ask(home, 'install');
    assert.equal(answer.ok, true);
    assert.deepEqual(answer.stores, [{
        kind: 'chromium', browser: 'Chromium', package: '', path: home.chromium, state: 'added',
        detail: '', step: '', handshake: 'none', restart: false, copy: null,
    }]);
    const entries = list(home.chromium);
    assert.equal(entries.length, 1);
    assert.match(entries[0][0], /^hufu localhost \(.+@.*\) [0-9a-f]{8}$/);
    assert.match(entries[0][1], /^(CP|PC),,$/);
    assert.equal(statSync(home.chromium).mode & 0o777, 0o700);
    assert.equal(statSync(join(home.chromium, 'key4.db')).mode & 0o077, 0);
    assert.equal(statSync(home.key).mode & 0o777, 0o600);
});

test('installing twice leaves one entry and the same leaf', { skip }, (t) => {
    const home = makeHome(t);
    const first = ask(home, 'install');
    const second = ask(home, 'install');
    assert.equal(second.at(home.chromium).state, 'trusted');
    assert.equal(second.certificate.sha256, first.certificate.sha256);
    assert.equal(list(home.chromium).length, 1);
});

test('every store of the user is served', { skip }, (t) => {
    const home = makeHome(t);
    const old = join(home.path, '.pki/nssdb');
    const profile = makeProfile(home, 'a b.default');
    makeDatabase(old);
    makeDatabase(home.chromium);
    const answer = ask(home, 'install');
    assert.equal(answer.ok, true);
    assert.equal(answer.at(profile).kind, 'firefox');
    for (const path of [old, home.chromium, profile]) {
        assert.equal(answer.at(path).state, 'added');
        assert.equal(list(path).length, 1);
    }
});

test('status changes nothing and says what install will do', { skip }, (t) => {
    const home = makeHome(t);
    const before = ask(home, 'status');
    assert.equal(before.ok, false);
    assert.deepEqual(before.certificate, { path: home.leaf, sha256: null, not_after: null });
    assert.equal(before.at(home.chromium).state, 'absent');
    assert.equal(existsSync(join(home.path, '.local')), false);
    ask(home, 'install');
    const after = ask(home, 'status');
    assert.equal(after.ok, true);
    assert.deepEqual(Object.keys(after).filter((key) => key !== 'at'),
        ['certificate', 'next', 'port', 'stores', 'dry_run', 'step', 'ok']);
    assert.equal(after.at(home.chromium).state, 'trusted');
    const fingerprint = openssl('x509', '-in', home.leaf, '-noout', '-fingerprint', '-sha256');
    assert.equal(after.certificate.sha256,
        fingerprint.split('=')[1].trim().replaceAll(':', '').toLowerCase());
    const days = (Date.parse(after.certificate.not_after) - Date.now()) / 86_400_000;
    assert.ok(days > 729 && days < 730, `${days} days`);
});

test('trust that was taken away is seen, and given again', { skip }, (t) => {
    const home = makeHome(t);
    ask(home, 'install');
    const [[nickname]] = list(home.chromium);
    certutil(home.chromium, '-M', '-n', nickname, '-t', ',,');
    assert.equal(ask(home, 'status').at(home.chromium).state, 'absent');
    assert.equal(ask(home, 'install').at(home.chromium).state, 'added');
    assert.match(list(home.chromium)[0][1], /^(CP|PC),,$/);
});

test('a database with a primary password is left alone', { skip }, (t) => {
    const home = makeHome(t);
    const password = join(home.path, 'password');
    writeFileSync(password, 'correct horse\n');
    mkdirSync(home.chromium, { recursive: true });
    certutil(home.chromium, '-N', '-f', password);
    const before = certutil(home.chromium, '-L', '-f', password);
    const { at, ok } = ask(home, 'install');
    assert.equal(ok, false);
    assert.equal(at(home.chromium).state, 'refused');
    assert.match(at(home.chromium).detail, /primary password/);
    assert.equal(certutil(home.chromium, '-L', '-f', password), before);
    assert.match(trust(home, ['install']).stdout, /Remove the primary password/);
});

test('a primary password set later hides nothing and keeps nothing', { skip }, (t) => {
    const home = makeHome(t);
    const [none, password] = ['none', 'password'].map((name) => join(home.path, name));
    writeFileSync(none, '\n');
    writeFileSync(password, 'correct horse\n');
    ask(home, 'install');
    certutil(home.chromium, '-W', '-f', none, '-@', password);
    assert.equal(ask(home, 'status').ok, true);
    assert.equal(ask(home, 'remove').at(home.chromium).state, 'removed');
    assert.deepEqual(list(home.chromium, '-f', password), []);
});

test('remove leaves the database as it was', { skip }, (t) => {
    const home = makeHome(t);
    makeDatabase(home.chromium);
    addOther(home, home.chromium, 'CT,c,p');
    const before = certutil(home.chromium, '-L');
    ask(home, 'install');
    assert.notEqual(certutil(home.chromium, '-L'), before);
    const removed = ask(home, 'remove');
    assert.equal(removed.ok, true);
    assert.equal(removed.at(home.chromium).state, 'removed');
    assert.equal(certutil(home.chromium, '-L'), before);
    assert.equal(ask(home, 'remove').at(home.chromium).state, 'absent');
});

test('a certificate that only has our name is not ours', { skip }, (t) => {
    const home = makeHome(t);
    ask(home, 'install');
    const [[nickname]] = list(home.chromium);
    certutil(home.chromium, '-D', '-n', nickname);
    for (const [name, subject] of [['same', nickname], ['other', 'Somebody Else']]) {
        const pem = join(home.path, `${name}.pem`);
        openssl('req', '-x509', ...p256, '-keyout', join(home.path, `${name}.key`), '-out', pem,
            '-subj', `/CN=${subject}`, '-days', '30');
        certutil(home.chromium, '-A', '-n', nickname, '-t', 'P,,', '-i', pem);
        const before = dump(home.chromium);
        assert.equal(ask(home, 'status').at(home.chromium).state, 'absent');
        assert.equal(ask(home, 'install').at(home.chromium).state, 'added');
        assert.equal(ask(home, 'status').at(home.chromium).state, 'trusted');
        assert.equal(ask(home, 'remove').at(home.chromium).state, 'removed');
        assert.deepEqual(dump(home.chromium), before);
        certutil(home.chromium, '-D', '-n', nickname);
    }
});

test('a renewed leaf takes the place of the older one', { skip }, (t) => {
    const home = makeHome(t);
    const first = ask(home, 'install').certificate.sha256;
    unlinkSync(home.key);
    const second = ask(home, 'install');
    assert.notEqual(second.certificate.sha256, first);
    assert.equal(second.at(home.chromium).state, 'added');
    assert.equal(list(home.chromium).length, 1);
});

test('remove finds every leaf that was ever installed', { skip }, (t) => {
    const home = makeHome(t);
    ask(home, 'install');
    const older = join(home.path, 'older.pem');
    writeFileSync(older, readFileSync(home.leaf));
    unlinkSync(home.leaf);
    ask(home, 'install');
    certutil(home.chromium, '-A', '-n', 'any label', '-t', 'PC,,', '-i', older);
    assert.equal(list(home.chromium).length, 2);
    unlinkSync(home.leaf);
    assert.equal(ask(home, 'remove').at(home.chromium).state, 'removed');
    assert.equal(existsSync(join(home.chromium, 'cert9.db')), false);
});

test('a store that fails is named and stops no other', { skip }, (t) => {
    const home = makeHome(t);
    const profile = makeProfile(home, 'damaged.default');
    makeDatabase(profile);
    truncateSync(join(profile, 'cert9.db'), 5000);
    mkdirSync(join(home.path, '.pki'));
    writeFileSync(join(home.path, '.pki/nssdb'), 'a file where the folder should be');
    mkdirSync(home.chromium, { recursive: true });
    const { at, ok } = ask(home, 'install');
    assert.equal(ok, false);
    assert.equal(at(profile).state, 'refused');
    assert.equal(at(profile).detail, 'damaged file (cert9.db)');
    assert.equal(at(join(home.path, '.pki/nssdb')).state, 'refused');
    assert.match(at(join(home.path, '.pki/nssdb')).detail, /not a folder/);
    assert.equal(at(home.chromium).state, 'added');
});

test('a database that cannot be written is refused with a reason', { skip }, (t) => {
    const home = makeHome(t);
    mkdirSync(join(home.path, '.local/share'), { recursive: true });
    writeFileSync(join(home.path, '.local/share/pki'), 'no folder can be made below this');
    const { at, ok } = ask(home, 'install');
    assert.equal(ok, false);
    assert.equal(at(home.chromium).state, 'refused');
    assert.notEqual(at(home.chromium).detail, '');
});

test('a home with odd characters works and is printed safely', { skip }, (t) => {
    const outer = makeHome(t);
    const home = homeAt(join(outer.path, 'a "b" \\ \'c\' \u001b[31m\n家'));
    const { chromium } = home;
    mkdirSync(home.path);
    assert.equal(ask(home, 'install').at(chromium).state, 'added');
    assert.equal(ask(home, 'status').at(chromium).state, 'trusted');
    const { stdout } = trust(home, ['status']);
    assert.doesNotMatch(stdout, /\u001b/);
    assert.equal(stdout.trim().split('\n').length, 3); /* store, dates, step */
    const script = 'HOME="$(printf "%s/\\377\\001" "$HOME")"; mkdir "$HOME"; ' +
        'exec "$1" trust status --json';
    const bytes = run('sh', ['-c', script, 'sh', hufu], { env: environment(outer) });
    assert.ok(JSON.parse(bytes.stdout).stores[0].path.includes('\ufffd\u0001/'));
});

test('people are answered in their language, with one next step', (t) => {
    const home = makeHome(t);
    assert.match(trust(home, ['status']).stdout,
        /^not trusted.*\nThere is no certificate yet\.\nRun: hufu trust install\n$/);
    assert.match(trust(home, ['status'], { LC_ALL: 'zh_TW.UTF-8' }).stdout,
        /^未信任.*\n尚無憑證。\n請執行：hufu trust install\n$/);
    assert.match(trust(home, ['install']).stdout, /^added.*\n$/);
    assert.match(trust(home, ['status']).stdout,
        /^trusted.*\nThe certificate is good until \d{4}-\d\d-\d\d\.\nhufud is not running.*\n$/);
});

test('what all stores need is a failure of the command', (t) => {
    const home = makeHome(t);
    const { status, stdout, stderr } = trust(home, ['install', '--json'], { HOME: '' });
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /61917: HOME is not set/);
});

test('wrong usage is 2, help and version are 0', (t) => {
    const home = makeHome(t);
    for (const args of [[], ['list'], ['install', 'remove'], ['--json'], ['status', '--jso']]) {
        const { status, stdout, stderr } = trust(home, args);
        assert.equal(status, 2, args.join(' '));
        assert.equal(stdout, '');
        assert.match(stderr, /^Usage: hufu trust /);
    }
    assert.match(trust(home, ['--help']).stdout, /^Usage: hufu trust /);
    assert.equal(run(hufu, []).status, 2);
    assert.equal(run(hufu, ['nonsense']).status, 2);
    assert.equal(run(hufu, ['--help']).status, 0);
    assert.match(run(hufu, ['--version']).stdout, /^hufu \d+\.\d+\.\d+\n$/);
});
