/* What a person keeps in a browser's database is never lost, whatever hufu does to it and wherever
 * it is stopped. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import {
    addOther, ask, certutil, dump, environment, homeAt, hufu, list, makeDatabase, makeHome, openssl,
    p256, run, skip,
} from '../lib/trust.mjs';

const kills = 40;

function makeCertificate(home, name, ...args) {
    const pem = join(home.path, `${name}.pem`);
    const key = join(home.path, `${name}.key`);
    openssl('req', '-x509', ...p256, '-keyout', key, '-out', pem, '-subj', `/CN=${name}`,
        '-days', '30', ...args);
    return { pem, key };
}

/* The card of a person with a certificate and its key. */
function addClient(home, database) {
    const { pem, key } = makeCertificate(home, 'Client', '-addext', 'extendedKeyUsage=clientAuth');
    const p12 = join(home.path, 'client.p12');
    openssl('pkcs12', '-export', '-in', pem, '-inkey', key, '-out', p12, '-name', 'Client',
        '-passout', 'pass:x');
    const { status, stderr } = run('pk12util', ['-d', `sql:${database}`, '-i', p12, '-W', 'x']);
    assert.equal(status, 0, stderr);
}

/* A database as somebody has it who has used it for years. */
function fill(home, database) {
    makeDatabase(database);
    addOther(home, database, 'CT,c,p');
    addClient(home, database);
    const distrusted = makeCertificate(home, 'Distrusted');
    certutil(database, '-A', '-n', 'Distrusted', '-t', 'p,p,p', '-i', distrusted.pem);
    const mail = makeCertificate(home, 'Mail', '-addext', 'extendedKeyUsage=emailProtection');
    certutil(database, '-A', '-n', 'Mail', '-t', ',P,', '-i', mail.pem);
}

function keys(database) {
    return run('certutil', ['-d', `sql:${database}`, '-K']).stdout;
}

function belongings(database) {
    return { entries: list(database).filter(([name]) => !name.startsWith('hufu ')), keys: keys(database) };
}

function countOurs(database) {
    return list(database).filter(([name]) => name.startsWith('hufu ')).length;
}

test('certificates, keys and trust of a person live through everything', { skip }, (t) => {
    const home = makeHome(t);
    fill(home, home.chromium);
    const before = belongings(home.chromium);
    const rows = dump(home.chromium);
    assert.equal(before.entries.length, 4);
    assert.match(before.keys, /Client/);
    for (const verb of ['install', 'repair', 'install']) {
        assert.equal(ask(home, verb).ok, true);
        assert.deepEqual(belongings(home.chromium), before, verb);
    }
    for (let i = 0; i < 3; i++) {
        unlinkSync(home.key); /* the next leaf */
        assert.equal(ask(home, 'install').ok, true);
        assert.deepEqual(belongings(home.chromium), before);
    }
    assert.equal(ask(home, 'remove').ok, true);
    assert.deepEqual(dump(home.chromium), rows);
});

test('an import that was left half done is completed', { skip }, (t) => {
    const home = makeHome(t);
    makeDatabase(home.chromium);
    const before = dump(home.chromium);
    for (const trust of [',,', 'p,p,p', 'C,,', 'P,,', 'CT,C,C', ',P,']) {
        ask(home, 'install');
        const [[nickname]] = list(home.chromium);
        certutil(home.chromium, '-D', '-n', nickname);
        certutil(home.chromium, '-A', '-n', nickname, '-t', trust, '-i', home.leaf);
        assert.equal(ask(home, 'status').ok, false, trust);
        assert.equal(ask(home, 'install').at(home.chromium).state, 'added', trust);
        assert.match(list(home.chromium)[0][1], /^(CP|PC),,$/, trust);
        assert.equal(list(home.chromium).length, 1);
        assert.equal(ask(home, 'remove').ok, true);
        assert.deepEqual(dump(home.chromium), before, trust);
    }
});

function signal(pid, name) {
    try {
        return process.kill(pid, name);
    } catch (error) {
        assert.equal(error.code, 'ESRCH');
        return false;
    }
}

/* Runs `hufu trust install` and kills it with its children after `ms`. */
async function killInstall(home, ms) {
    const child = spawn(hufu, ['trust', 'install'],
        { env: environment(home), stdio: 'ignore', detached: true });
    const gone = once(child, 'exit');
    await Promise.race([gone, delay(ms)]);
    while (signal(-child.pid, 'SIGKILL')) { /* until the last child has let go of its database */
        await delay(1);
    }
    await gone;
    return child.signalCode === 'SIGKILL';
}

test('killed at any moment, nothing is lost', { skip }, async (t) => {
    const outer = makeHome(t);
    const model = homeAt(join(outer.path, 'model'));
    mkdirSync(model.path);
    fill(model, model.chromium);
    const before = belongings(model.chromium);
    const rows = dump(model.chromium);
    const home = homeAt(join(outer.path, 'home'));
    const fresh = join(home.path, '.mozilla/firefox/new.default');
    let killed = 0;
    let longest = 200;
    for (let i = 0; i < kills; i++) {
        cpSync(model.path, home.path, { recursive: true });
        mkdirSync(fresh, { recursive: true });
        writeFileSync(join(fresh, '../profiles.ini'), '[Profile0]\nIsRelative=1\nPath=new.default\n');
        if (i === 0) {
            const start = Date.now();
            ask(home, 'install');
            longest = Date.now() - start;
            ask(home, 'remove');
        }
        const ms = Math.random() * longest;
        killed += await killInstall(home, ms) ? 1 : 0;
        const told = `after ${ms} ms`;
        assert.equal(ask(home, 'install').ok, true, told);
        assert.deepEqual(belongings(home.chromium), before, told);
        assert.equal(countOurs(home.chromium), 1, told);
        assert.equal(ask(home, 'remove').ok, true, told);
        assert.deepEqual(dump(home.chromium), rows, told);
        assert.equal(existsSync(join(fresh, 'cert9.db')), false, told);
        assert.equal(existsSync(home.data), false, told);
        rmSync(home.path, { recursive: true });
    }
    assert.ok(killed >= kills / 4, `only ${killed} were killed at work`);
});
