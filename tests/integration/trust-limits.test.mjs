/* hufu trust where it may not, or cannot, do all that it would: a dry run, another run, disks that
 * are full or read-only. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { skipWithout } from '../lib/programs.mjs';
import {
    addOther, ask, certutil, dump, environment, hufu, list, makeDatabase, makeHome, makeProfile, run,
    skip, snapshot, trust,
} from '../lib/trust.mjs';

const asRoot = skip || skipWithout('unshare', 'mount') || (process.getuid() !== 0 && 'needs root');

test('a dry run says what would come of it and changes nothing', { skip }, (t) => {
    const home = makeHome(t);
    const profile = makeProfile(home, 'a.default');
    makeDatabase(profile);
    const dry = (verb, state) => {
        const before = snapshot(home.path);
        const answer = ask(home, verb, '--dry-run');
        assert.equal(answer.dry_run, true);
        assert.equal(answer.ok, true);
        for (const path of [profile, home.chromium]) {
            assert.equal(answer.at(path).state, state, `${verb} ${path}`);
        }
        assert.deepEqual(snapshot(home.path), before);
    };
    dry('install', 'added');
    dry('repair', 'added');
    dry('remove', 'absent');
    ask(home, 'install');
    dry('install', 'trusted');
    dry('repair', 'trusted');
    dry('remove', 'removed');
    unlinkSync(home.key); /* a leaf of no use any more */
    unlinkSync(home.leaf);
    dry('install', 'added');
});

async function start(home, verb) {
    const child = spawn(hufu, ['trust', verb, '--json'], { env: environment(home) });
    let stdout = '';
    child.stdout.on('data', (data) => { stdout += data; });
    const [status] = await once(child, 'close');
    return { status, answer: stdout && JSON.parse(stdout) };
}

test('runs at the same time do not mix', { skip }, async (t) => {
    const home = makeHome(t);
    const profile = makeProfile(home, 'a.default');
    makeDatabase(profile);
    addOther(home, profile, 'C,,');
    const before = dump(profile);
    for (let round = 0; round < 3; round++) {
        const runs = await Promise.all(Array.from({ length: 4 }, () => start(home, 'install')));
        assert.deepEqual(runs.map(({ status }) => status), [0, 0, 0, 0]);
        assert.equal(new Set(runs.map(({ answer }) => answer.certificate.sha256)).size, 1);
        const states = runs.map(({ answer }) =>
            answer.stores.find(({ path }) => path === profile).state);
        assert.deepEqual(states.sort(), ['added', 'trusted', 'trusted', 'trusted']);
        assert.equal(list(profile).length, 2);
        ask(home, 'remove');
        assert.deepEqual(dump(profile), before);
    }
});

test('install and remove at the same time: one after the other', { skip }, async (t) => {
    const home = makeHome(t);
    makeDatabase(home.chromium);
    const before = dump(home.chromium);
    for (let round = 0; round < 5; round++) {
        const verbs = ['install', 'remove', 'install', 'remove'];
        const runs = await Promise.all(verbs.map((verb) => start(home, verb)));
        assert.deepEqual(runs.map(({ status }) => status), [0, 0, 0, 0]);
        const { ok } = ask(home, 'status');
        assert.equal(ok, existsSync(home.leaf));
        assert.equal(list(home.chromium).length, ok ? 1 : 0);
        ask(home, 'remove');
        assert.deepEqual(dump(home.chromium), before);
        assert.equal(existsSync(home.data), false);
    }
});

test('a run that waits goes on when the other has ended', { skip: skip || skipWithout('flock') }, async (t) => {
    const home = makeHome(t);
    ask(home, 'install');
    const holder = spawn('flock', [home.data, 'sh', '-c', 'echo; read line'],
        { stdio: ['pipe', 'pipe', 'ignore'] });
    await once(holder.stdout, 'data');
    const waiting = start(home, 'install');
    const early = await Promise.race([waiting, new Promise((done) => { setTimeout(done, 300); })]);
    assert.equal(early, undefined);
    assert.equal(ask(home, 'status').ok, true); /* looking needs no turn */
    holder.stdin.end('\n');
    assert.equal((await waiting).status, 0);
});

/* Runs a script of sh in a mount namespace of its own, with the home's path as $1 and hufu as $2. */
function inNamespace(home, script) {
    return run('unshare', ['-m', '--propagation', 'private', 'sh', '-ec', script, 'sh', home.path, hufu],
        { env: environment(home) });
}

test('a full disk: a reason, and nothing half done', { skip: asRoot }, (t) => {
    const home = makeHome(t);
    const profile = makeProfile(home, 'a.default');
    const { stdout, stderr } = inNamespace(home, `
        mount -t tmpfs -o size=64k tmpfs "$1/.mozilla/firefox/a.default"
        "$2" trust install --json || true
        ls -A "$1/.mozilla/firefox/a.default"`);
    assert.equal(stderr, '');
    const [json, ...left] = stdout.trim().split('\n');
    const store = JSON.parse(json).stores.find(({ path }) => path === profile);
    assert.equal(store.state, 'refused');
    assert.match(store.detail, /the disk is full/);
    assert.deepEqual(left, []);
});

test('a full disk: a database that is there stays whole', { skip: asRoot }, (t) => {
    const home = makeHome(t);
    const profile = makeProfile(home, 'a.default');
    const kept = join(home.path, 'kept');
    makeDatabase(kept);
    addOther(home, kept, 'C,,');
    const before = dump(kept);
    const { stdout, status, stderr } = inNamespace(home, `
        mkdir "$1/after"
        mount -t tmpfs -o size=84k tmpfs "$1/.mozilla/firefox/a.default"
        cp "$1/kept/"* "$1/.mozilla/firefox/a.default"
        cat /dev/zero >"$1/.mozilla/firefox/a.default/filler" 2>/dev/null || true
        "$2" trust install --json || true
        rm "$1/.mozilla/firefox/a.default/filler"
        cp "$1/.mozilla/firefox/a.default/"* "$1/after"`);
    assert.equal(status, 0, stderr);
    const store = JSON.parse(stdout).stores.find(({ path }) => path === profile);
    assert.equal(store.state, 'refused');
    assert.match(store.detail, /the disk is full/);
    assert.deepEqual(dump(join(home.path, 'after')), before);
});

test('a full home: one failure with its step', { skip: asRoot }, (t) => {
    const home = makeHome(t);
    const { stdout } = inNamespace(home, `
        mount -t tmpfs -o size=4k tmpfs "$1"
        "$2" trust install 2>&1 || echo "status $?"
        find "$1" -name 'leaf*'`);
    assert.match(stdout, /61911.*\n.*the disk is not full.*\nstatus 1\n$/);
});

test('what is read-only is refused with a reason', { skip: asRoot }, (t) => {
    const home = makeHome(t);
    const profile = makeProfile(home, 'a.default');
    makeDatabase(profile);
    const before = dump(profile);
    const { stdout } = inNamespace(home, `
        mount --bind "$1/.mozilla" "$1/.mozilla"
        mount -o remount,bind,ro "$1/.mozilla"
        "$2" trust install --json || true
        "$2" trust install --json --dry-run || true`);
    for (const line of stdout.trim().split('\n')) {
        const answer = JSON.parse(line);
        const store = answer.stores.find(({ path }) => path === profile);
        assert.equal(store.state, 'refused');
        assert.match(store.detail, /write/);
        assert.notEqual(answer.stores.find(({ path }) => path === home.chromium).state, 'refused');
    }
    assert.deepEqual(dump(profile), before);
});

test('a home that cannot be written is one failure with its step', { skip: asRoot }, (t) => {
    const home = makeHome(t);
    const { stdout } = inNamespace(home, `
        mount --bind "$1" "$1"
        mount -o remount,bind,ro "$1"
        "$2" trust install 2>&1 || echo "status $?"
        "$2" trust status --json || true
        "$2" trust remove || echo "remove $?"`);
    assert.match(stdout, /61911.*\n.*is yours.*\nstatus 1\n/);
    assert.doesNotMatch(stdout, /remove 1/); /* nothing was there to take back */
    assert.deepEqual(readdirSync(home.path), []);
});
