/* Two people use one computer, each with a card of their own, at the same time: on the three ports of
 * a component, and with the dispatcher. */
import '../lib/plain.mjs'; /* the units' filter of system calls leaves sanitizers no way to work */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { assertSigned } from '../lib/cms.mjs';
import { isAlive, skipDaemon, until } from '../lib/daemon.mjs';
import { isInside, runInside } from '../lib/network.mjs';
import { newPerson } from '../lib/person.mjs';
import { endProcess } from '../lib/processes.mjs';
import { programs } from '../lib/sandbox.mjs';

const skip = skipDaemon('setpriv', 'systemd-socket-activate', '/lib/systemd/systemd');
const times = 10;
const signer = fileURLToPath(new URL('../lib/signer.mjs', import.meta.url));
const socketUnit = readFileSync(new URL('../../data/systemd/system/hufu-dispatcher.socket', import.meta.url), 'utf8');
const people = [{ uid: 54321, cards: 'citizen', name: '王測試' }, { uid: 54322, cards: 'second', name: '陳𠮷堃' }];

/* What a browser of this person gets: a list of { port, signature } or { error }. */
async function signTimes(person, count) {
    const child = spawn('setpriv', [...person.options, process.execPath, signer, person.home,
        person.daemon.pin, `${count}`], { env: person.env, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (data) => {
        text += data;
    });
    await once(child, 'close');
    return text.trim().split('\n').map((line) => JSON.parse(line));
}

/* All at once; each signature is of its own person. */
async function assertNeverMeet(both) {
    const answers = await Promise.all(both.map((person) => signTimes(person, times)));
    for (const [i, own] of answers.entries()) {
        assert.equal(own.length, times);
        for (const [n, { error, signature }] of own.entries()) {
            assert.equal(error, undefined);
            const { signer: subject } = await assertSigned(signature, both[i].daemon.sandbox.hierarchy, `${n}`);
            assert.ok(subject.includes(people[i].name), subject);
        }
    }
    return answers.map((own) => [...new Set(own.map(({ port }) => port))]);
}

const usesOf = (person) => {
    const file = join(person.home, '.local/state/hufu/use.log');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter((line) => line.includes('sign')).length : 0;
};

function defineTests() {
    let both;

    before(async () => {
        both = [];
        for (const { uid, cards } of people) {
            const person = await newPerson(uid, { cards });
            assert.equal(person.hufu('trust', 'install').status, 0);
            both.push(person);
        }
    });

    after(async () => {
        for (const person of both) {
            await person.stop();
        }
    });

    describe('on the ports of a component', () => {
        before(async () => {
            for (const person of both) {
                await person.startHufud();
            }
        });

        after(async () => {
            for (const person of both) {
                process.kill(person.daemon.pid);
                await until('its end', () => !person.daemon.isRunning);
            }
        });

        test('sign at the same time and never meet', async () => {
            const before = both.map(usesOf);
            assert.deepEqual(await assertNeverMeet(both), [[56421], [56521]]);
            both.forEach((person, n) => assert.ok(usesOf(person) - before[n] >= times));
        });

        test('each hufud closes the connections of the other one', () => {
            const [first, second] = both.map(({ daemon }) => daemon.log.join('\n'));
            assert.match(first, /^hufud: connection closed: another user$/m);
            assert.match(second, /^hufud: port 56421 passed by: 127.0.0.1 is held by user \S+ \(uid 54321, /m);
        });

        test('a third one has its place as well', async () => {
            const third = await newPerson(54323);
            assert.equal(third.hufu('trust', 'install').status, 0);
            await third.startHufud();
            const [answer] = await signTimes(third, 1);
            assert.equal(answer.port, 56621, answer.error);
            process.kill(third.daemon.pid);
            await until('its end', () => !third.daemon.isRunning);
            await third.stop();
        });
    });

    describe('with the dispatcher', () => {
        let dispatcher;
        let said = '';

        before(async () => {
            mkdirSync('/run/hufu-dispatcher');
            const listen = [...socketUnit.matchAll(/^ListenStream=(.*)$/mg)].flatMap(([, place]) => ['-l', place]);
            dispatcher = spawn('systemd-socket-activate', [...listen, join(programs, 'hufu-dispatcher')],
                { stdio: ['ignore', 'ignore', 'pipe'] });
            dispatcher.stderr.on('data', (data) => {
                said += data;
            });
            await until('its sockets', () => said.includes('[::1]:56645'));
            for (const person of both) {
                await person.startHufud();
            }
        });

        after(async () => {
            for (const person of both) {
                await person.stopManager();
            }
            await endProcess(dispatcher);
        });

        test('all three ports lead to everybody\'s own hufud', async () => {
            const before = both.map(usesOf);
            assert.deepEqual(await assertNeverMeet(both), [[56421], [56421]]);
            both.forEach((person, n) => assert.ok(usesOf(person) - before[n] >= times));
            for (const { daemon } of both) {
                assert.doesNotMatch(daemon.log.slice(daemon.log.lastIndexOf('hufud: stopped')).join('\n'),
                    /passed by|another user/);
            }
        });

        test('is nobody, and can do one thing', () => {
            assert.match(said, /hufu-dispatcher: confined: landlock \d+, seccomp, no new privileges, not dumpable/);
            const status = readFileSync(`/proc/${dispatcher.pid}/status`, 'utf8');
            assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
            assert.match(status, /^CapEff:\t0000000000000002$/m);
            assert.match(status, /^CapPrm:\t0000000000000002$/m);
            assert.match(status, /^CapBnd:\t0000000000000000$/m);
            assert.match(status, /^Groups:\t\s*$/m);
            assert.match(status, /^Threads:\t1$/m);
        });

        test('takes a hufud that hangs for one, and hufu restart finds its way', async () => {
            const [first] = both;
            const { pid } = first.daemon;
            process.kill(pid, 'SIGSTOP');
            const { status, stderr } = first.hufu('restart');
            assert.equal(status, 0, stderr);
            assert.ok(!isAlive(pid));
            assert.equal((await signTimes(first, 1))[0].error, undefined);
        });

        test('closes the connections of who has no hufud, or somebody else\'s', async () => {
            const [first, second] = both;
            const others = join('/run/user', `${second.uid}`, 'hufu');
            const own = join('/run/user', `${first.uid}`, 'hufu');
            const before = usesOf(second);
            rmSync(own, { recursive: true });
            assert.match((await signTimes(first, 1))[0].error, /no port answers/);
            symlinkSync(others, own);
            assert.match((await signTimes(first, 1))[0].error, /no port answers/);
            assert.equal(usesOf(second), before);
            assert.match(said, /connection of uid 54321 closed: /);
            rmSync(own);
        });

        test('one who connects and is gone is nobody\'s', async () => {
            for (let i = 0; i < 50; i += 1) {
                const socket = connect(56421, '127.0.0.1');
                await once(socket, 'connect');
                socket.resetAndDestroy();
            }
            assert.equal((await signTimes(both[1], 1))[0].error, undefined);
        });

        test('has the user manager start hufud for the first page', async () => {
            const [first] = both;
            process.kill(Number(readFileSync(join(first.home, '.local/state/hufu/process'), 'utf8').split(' ')[0]));
            await until('its end', () => !existsSync(join(first.home, '.local/state/hufu/process')));
            await first.startManager();
            assert.equal(first.systemctl('start', 'hufud-dispatch.socket').status, 0);
            assert.equal(first.mainPid, 0);
            const [answer] = await signTimes(first, 1);
            assert.equal(answer.error, undefined, `${said}\n${first.daemon.log.slice(-12).join('\n')}`);
            assert.ok(isAlive(first.mainPid));
        });
    });
}

const reason = skip || (!isInside && runInside(import.meta.url));
if (reason || isInside) {
    describe('two users', { skip: reason }, defineTests);
}
