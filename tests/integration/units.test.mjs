/* The units of systemd, in a real user manager: who holds the ports, who starts hufud, and when. */
import '../lib/plain.mjs'; /* the units' filter of system calls leaves sanitizers no way to work */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { isAlive, skipDaemon, until } from '../lib/daemon.mjs';
import { isInside, runInside } from '../lib/network.mjs';
import { newPerson } from '../lib/person.mjs';

const uid = 54321;

const skip = skipDaemon('setpriv', 'systemctl', '/lib/systemd/systemd', 'ss', 'certutil');

/* "127.0.0.1:56420" and the like, as the kernel tells. */
function listening() {
    const { stdout } = spawnSync('ss', ['-H', '-l', '-t', '-n'], { encoding: 'utf8' });
    return stdout.split('\n').filter(Boolean).map((line) => line.split(/\s+/)[3]);
}

/* The names of all that runs as this person, but the user manager's own two processes. */
function programsOf(owner) {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
        try {
            const status = readFileSync(join('/proc', pid, 'status'), 'utf8');
            const [, name] = status.match(/^Name:\t(.*)$/m);
            return status.includes(`\nUid:\t${owner}\t`) && !/^(systemd|\(sd-pam\))$/.test(name) ? [name] : [];
        } catch {
            return [];
        }
    });
}

const ports = readFileSync(new URL('../../data/systemd/user/hufud.socket', import.meta.url), 'utf8')
    .match(/(?<=^ListenStream=).*$/mg);

function defineTests() {
    let person;
    let page;

    /* The page's next attempt, as its script makes it, with a session of its own. */
    const signs = async (port = person.daemon.port) => {
        const { pin, sandbox } = person.daemon;
        const signature = await person.as(async () => {
            page = person.daemon.newPage({ port });
            assert.equal((await page.echo()).result, '0');
            return page.call('GPKI_SignData', pin, 'x', '', 0, 4);
        });
        await assertSigned(signature, sandbox.hierarchy, 'x');
    };

    before(async () => {
        person = await newPerson(uid);
        assert.equal(person.hufu('trust', 'install').status, 0);
        await person.startManager({ WatchdogSec: '2' });
    });

    after(() => person?.stop());

    test('holds the first ports while nothing of hufu runs', () => {
        const { status, stderr } = person.systemctl('start', 'hufud.socket');
        assert.equal(status, 0, stderr);
        assert.deepEqual(listening().sort(), [...ports].sort());
        assert.deepEqual(programsOf(uid), []);
        assert.equal(person.mainPid, 0);
    });

    test('starts hufud for the first page, whose call is answered', async () => {
        await signs();
        assert.ok(isAlive(person.mainPid));
        assert.match(person.daemon.log.join('\n'), /^hufud: confined: landlock \d+, seccomp, /m);
        assert.doesNotMatch(person.daemon.log.join('\n'), /passed by|not confined/);
    });

    test('has hufud trusted before it answers, also by a browser that came in the meantime', async () => {
        assert.equal(person.systemctl('stop', 'hufud.service').status, 0);
        const store = join(person.home, '.pki/nssdb');
        rmSync(join(person.home, '.local/share/pki'), { recursive: true, force: true });
        rmSync(store, { recursive: true, force: true });
        mkdirSync(store, { recursive: true, mode: 0o700 });
        execFileSync('certutil', ['-N', '--empty-password', '-d', `sql:${store}`]);
        execFileSync('chown', ['-R', `${uid}:${uid}`, join(person.home, '.pki')]);
        await person.as(() => person.daemon.newPage().connect());
        assert.match(execFileSync('certutil', ['-L', '-d', `sql:${store}`], { encoding: 'utf8' }), /P,,/);
    });

    test('has hufud read its configuration anew', async () => {
        assert.deepEqual(await person.daemon.logOf(() => person.systemctl('reload', 'hufud.service'), /reload/),
            ['hufud: reloaded']);
    });

    test('a hufud that is killed is there again for the next call', async () => {
        const killed = person.mainPid;
        await person.as(() => page.echo());
        process.kill(killed, 'SIGKILL');
        page.close();
        assert.equal(await person.as(() => page.call('GPKI_GetSlotCount')), '61012');
        await signs();
        assert.notEqual(person.mainPid, killed);
    });

    test('a hufud that hangs is replaced without anybody\'s help', async () => {
        const hung = person.mainPid;
        process.kill(hung, 'SIGSTOP');
        await until('another hufud', () => ![0, hung].includes(person.mainPid));
        await signs();
        assert.ok(!isAlive(hung));
    });

    test('holds the ports of a hufud that was stopped, for the next page', async () => {
        assert.equal(person.systemctl('stop', 'hufud.service').status, 0);
        assert.deepEqual(programsOf(uid), []);
        assert.deepEqual(listening().sort(), [...ports].sort());
        await signs();
    });

    test('leaves hufud to itself where somebody holds a port', async () => {
        assert.equal(person.systemctl('stop', 'hufud.socket', 'hufud.service').status, 0);
        assert.deepEqual(listening(), []);
        const second = 56521;
        const squatter = createServer((socket) => socket.destroy()).unref()
            .listen(person.daemon.port, '127.0.0.1');
        await once(squatter, 'listening');
        const lines = await person.daemon.logOf(() => person.systemctl('start', 'hufud.socket'), /ready/);
        assert.match(lines[0], new RegExp(`port ${person.daemon.port} passed by: 127.0.0.1 is held by `));
        await signs(second);
        squatter.close();
        assert.deepEqual(await person.daemon.logOf(() => person.systemctl('reload', 'hufud.service'), /reload/),
            ['hufud: reloaded']);
        await signs();
    });
}

const reason = skip || (!isInside && runInside(import.meta.url));
if (reason || isInside) {
    describe('hufud.socket', { skip: reason }, defineTests);
}
