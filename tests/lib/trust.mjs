/* Homes with the stores of browsers in them, and hufu trust at work there. certutil and openssl only
 * judge: hufu itself never runs them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
    existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync,
    writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { skipWithout } from './programs.mjs';
import { programs } from './sandbox.mjs';

export const hufu = join(programs, 'hufu');
export const skip = skipWithout('certutil', 'openssl', 'sqlite3');

/* A HOME of its own, which ends with the test. */
export function makeHome(t) {
    const path = realpathSync(mkdtempSync(join(tmpdir(), 'hufu-trust-')));
    t.after(() => rmSync(path, { recursive: true, force: true }));
    return homeAt(path);
}

/* Where things are in the home at `path`. */
export function homeAt(path) {
    const data = join(path, '.local/share/hufu');
    const tls = join(data, 'tls');
    return {
        path,
        data,
        tls,
        chromium: join(path, '.local/share/pki/nssdb'),
        leaf: join(tls, 'leaf.pem'),
        key: join(tls, 'leaf.key'),
    };
}

/* Runs a program to its end; it must start, and what came of it is the caller's to judge. */
export function run(program, args, options = {}) {
    const result = spawnSync(program, args, { encoding: 'utf8', ...options });
    assert.equal(result.error, undefined, `${program} could not be started`);
    return result;
}

export function environment(home) {
    const { XDG_DATA_HOME, XDG_CONFIG_HOME, XDG_STATE_HOME, ...rest } = process.env;
    return { ...rest, HOME: home.path, LC_ALL: 'C' };
}

export function trust(home, args, env = {}) {
    return run(hufu, ['trust', ...args], { env: { ...environment(home), ...env } });
}

/* The answer as JSON; `at(path)` is what it says of one store. */
export function ask(home, ...args) {
    const { stdout, stderr, status } = trust(home, [...args, '--json']);
    assert.equal(stderr, '');
    const answer = JSON.parse(stdout);
    assert.equal(status, answer.ok ? 0 : 1);
    answer.at = (path) => answer.stores.find((store) => store.path === path);
    return answer;
}

export function certutil(database, ...args) {
    const result = run('certutil', ['-d', `sql:${database}`, ...args]);
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
}

/* certutil -L as [nickname, trust]. */
export function list(database, ...args) {
    return certutil(database, '-L', ...args)
        .split('\n')
        .map((line) => line.match(/^(.*\S)\s+([a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]*)\s*$/))
        .filter(Boolean)
        .map(([, nickname, flags]) => [nickname, flags]);
}

function dumpFile(path) {
    const result = run('sqlite3', ['-readonly', path, '.dump'], { maxBuffer: 64 * 1024 * 1024 });
    assert.equal(result.status, 0, result.stderr);
    return result.stdout.split('\n').sort();
}

/* Every row of both files of a database, sorted: what it says, without how SQLite laid it out. */
export function dump(database) {
    return ['cert9.db', 'key4.db']
        .map((name) => join(database, name))
        .filter(existsSync)
        .map(dumpFile);
}

/* All that is in a folder, by path: its mode and its content; of a database, the rows. */
export function snapshot(folder) {
    const found = {};
    for (const name of readdirSync(folder, { recursive: true }).sort()) {
        const path = join(folder, name);
        const info = lstatSync(path);
        const content = /(cert9|key4)\.db$/.test(name) ? dumpFile(path)
            : info.isFile() ? readFileSync(path, 'base64') : null;
        found[name] = { mode: info.mode.toString(8), content };
    }
    return found;
}

export function makeDatabase(database) {
    mkdirSync(database, { recursive: true, mode: 0o700 });
    certutil(database, '-N', '--empty-password');
}

export function openssl(...args) {
    const result = run('openssl', args);
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
}

export const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/* Somebody else's authority, as a company's roll-out would have left it in the user's database. */
export function addOther(home, database, flags) {
    const pem = join(home.path, 'other.pem');
    openssl('req', '-x509', ...p256, '-keyout', join(home.path, 'other.key'), '-out', pem,
        '-subj', '/CN=Company Root', '-days', '30');
    certutil(database, '-A', '-n', 'Company Root', '-t', flags, '-i', pem);
}

/* The folder of a Firefox profile, with profiles.ini that names it; without a database. */
export function makeProfile(home, name, root = '.mozilla/firefox') {
    const top = join(home.path, root);
    const profile = join(top, name);
    mkdirSync(profile, { recursive: true, mode: 0o700 });
    writeFileSync(join(top, 'profiles.ini'), `[Profile0]\nName=x\nIsRelative=1\nPath=${name}\n`);
    return profile;
}
