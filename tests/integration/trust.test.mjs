/* hufu trust against real NSS databases. certutil (libnss3-tools) and openssl only judge: hufu
 * itself never runs them. What they must not vouch for is in tests/hostile. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
    existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, unlinkSync,
    writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { skipWithout } from '../lib/programs.mjs';
import { programs } from '../lib/sandbox.mjs';

const hufu = join(programs, 'hufu');
const skip = skipWithout('certutil', 'openssl');

/* A HOME of its own, which ends with the test. */
function makeHome(t) {
    const path = mkdtempSync(join(tmpdir(), 'hufu-trust-'));
    t.after(() => rmSync(path, { recursive: true, force: true }));
    const tls = join(path, '.local/share/hufu/tls');
    return {
        path,
        chromium: join(path, '.local/share/pki/nssdb'),
        leaf: join(tls, 'leaf.pem'),
        key: join(tls, 'leaf.key'),
    };
}

function run(program, args, options = {}) {
    const result = spawnSync(program, args, { encoding: 'utf8', ...options });
    assert.equal(result.error, undefined, `${program} could not be started`);
    return result;
}

function environment(home) {
    const { XDG_DATA_HOME, XDG_CONFIG_HOME, ...rest } = process.env;
    return { ...rest, HOME: home.path, LC_ALL: 'C' };
}

function trust(home, args, env = {}) {
    return run(hufu, ['trust', ...args], { env: { ...environment(home), ...env } });
}

/* The answer as JSON; `at(path)` is what it says of one store. */
function ask(home, verb) {
    const { stdout, stderr, status } = trust(home, [verb, '--json']);
    assert.equal(stderr, '');
    const answer = JSON.parse(stdout);
    assert.equal(status, answer.ok ? 0 : 1);
    answer.at = (path) => answer.stores.find((store) => store.path === path);
    return answer;
}

function certutil(database, ...args) {
    const result = run('certutil', ['-d', `sql:${database}`, ...args]);
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
}

/* certutil -L as [nickname, trust]. */
function list(database, ...args) {
    return certutil(database, '-L', ...args)
        .split('\n')
        .map((line) => line.match(/^(.*\S)\s+([a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]*)\s*$/))
        .filter(Boolean)
        .map(([, nickname, flags]) => [nickname, flags]);
}

function makeDatabase(database) {
    mkdirSync(database, { recursive: true, mode: 0o700 });
    certutil(database, '-N', '--empty-password');
}

function openssl(...args) {
    const result = run('openssl', args);
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
}

const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/* Somebody else's authority, as a company's roll-out would have left it in the user's database. */
function addOther(home, database, flags) {
    const pem = join(home.path, 'other.pem');
    openssl('req', '-x509', ...p256, '-keyout', join(home.path, 'other.key'), '-out', pem,
        '-subj', '/CN=Company Root', '-days', '30');
    certutil(database, '-A', '-n', 'Company Root', '-t', flags, '-i', pem);
}

function makeProfile(home, name) {
    const root = join(home.path, '.mozilla/firefox');
    const profile = join(root, name);
    mkdirSync(profile, { recursive: true, mode: 0o700 });
    writeFileSync(join(root, 'profiles.ini'), `[Profile0]\nName=x\nIsRelative=1\nPath=${name}\n`);
    return profile;
}

test('a new user gets a database that trusts the leaf as a server', { skip }, (t) => {
    const home = makeHome(t);
    const answer = ask(home, 'install');
    assert.equal(answer.ok, true);
    assert.deepEqual(answer.stores,
        [{ kind: 'chromium', path: home.chromium, state: 'added', detail: '' }]);
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
        ['certificate', 'stores', 'dry_run', 'ok']);
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
    ask(home, 'remove');
    const pem = join(home.path, 'twin.pem');
    openssl('req', '-x509', ...p256, '-keyout', join(home.path, 'twin.key'), '-out', pem,
        '-subj', `/CN=${nickname}`, '-days', '30');
    certutil(home.chromium, '-A', '-n', nickname, '-t', 'P,,', '-i', pem);
    const before = certutil(home.chromium, '-L', '-n', nickname, '-a');
    assert.equal(ask(home, 'status').at(home.chromium).state, 'absent');
    assert.equal(ask(home, 'install').at(home.chromium).state, 'added');
    assert.equal(ask(home, 'remove').at(home.chromium).state, 'removed');
    assert.equal(certutil(home.chromium, '-L', '-n', nickname, '-a'), before);
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
    assert.deepEqual(list(home.chromium), []);
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
    assert.match(at(profile).detail, /\(SEC_ERROR_\w+\)$/);
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
    const home = { path: join(outer.path, 'a "b" \\ \'c\' \u001b[31m\n家') };
    mkdirSync(home.path);
    const chromium = join(home.path, '.local/share/pki/nssdb');
    assert.equal(ask(home, 'install').at(chromium).state, 'added');
    assert.equal(ask(home, 'status').at(chromium).state, 'trusted');
    const { stdout } = trust(home, ['status']);
    assert.doesNotMatch(stdout, /\u001b/);
    assert.equal(stdout.trim().split('\n').length, 1);
    const script = 'HOME="$(printf "%s/\\377\\001" "$HOME")" exec "$1" trust status --json';
    const bytes = run('sh', ['-c', script, 'sh', hufu], { env: environment(outer) });
    assert.ok(JSON.parse(bytes.stdout).stores[0].path.includes('\ufffd\u0001/'));
});

test('people are answered in their language, with one next step', (t) => {
    const home = makeHome(t);
    assert.match(trust(home, ['status']).stdout, /^not trusted.*\nRun: hufu trust install\n$/);
    assert.match(trust(home, ['status'], { LC_ALL: 'zh_TW.UTF-8' }).stdout,
        /^未信任.*\n請執行：hufu trust install\n$/);
    assert.match(trust(home, ['install']).stdout, /^added.*\nRestart the browser.*\n$/);
    assert.match(trust(home, ['status']).stdout, /^trusted.*\n$/);
});

test('what all stores need is a failure of the command', (t) => {
    const home = makeHome(t);
    const { status, stdout, stderr } = trust(home, ['install', '--json'], { HOME: '' });
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /61911/);
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
