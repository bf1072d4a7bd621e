/* hufu restart, however hufud is run. */
import '../lib/plain.mjs'; /* as in units.test.mjs */

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { isAlive, nameOf, skipDaemon, until } from '../lib/daemon.mjs';
import { isInside, runInside } from '../lib/network.mjs';
import { newPerson } from '../lib/person.mjs';

const uid = 54321;
const skip = skipDaemon('setpriv', 'systemctl', '/lib/systemd/systemd');

function defineTests() {
    let person;
    const state = (name) => join(person.home, '.local/state/hufu', name);
    const running = () => (existsSync(state('process'))
        ? Number(readFileSync(state('process'), 'utf8').split(' ')[0]) : 0);

    const restart = (...args) => {
        const { status, stdout, stderr } = person.hufu('restart', ...args);
        assert.equal(status, 0, stderr);
        return stdout;
    };

    const signs = async () => {
        const { pin, sandbox } = person.daemon;
        const signature = await person.as(async () => {
            const page = person.daemon.newPage();
            await page.echo();
            return page.call('GPKI_SignData', pin, 'x', '', 0, 4);
        });
        await assertSigned(signature, sandbox.hierarchy, 'x');
    };

    before(async () => {
        person = await newPerson(uid);
    });

    after(() => person?.stop());

    test('wrong usage is status 2', () => {
        for (const args of [['--x'], ['now'], ['--json', '--json']]) {
            assert.equal(person.hufu('restart', ...args).status, 2);
        }
        assert.match(person.hufu('restart', '--help').stdout, /^Usage: hufu restart /);
    });

    describe('without systemd', () => {
        let last;

        afterEach(() => {
            last = running();
        });

        after(async () => {
            process.kill(running(), 'SIGKILL');
            await until('its end', () => !isAlive(last));
        });

        test('starts a hufud where none runs, trusted, with a log', async () => {
            assert.equal(restart(), 'hufu has started anew.\nYour browsers trust it.\n');
            assert.equal(nameOf(running()), 'hufud');
            assert.match(readFileSync(state('hufud.log'), 'utf8'), /^hufud: ready on 3 products$/m);
            await signs();
        });

        test('takes the place of one that runs, which keeps no port', async () => {
            const answer = JSON.parse(restart('--json'));
            assert.deepEqual(answer, { restarted: true, by: 'hufu', process: running(), trusted: true });
            await until('the end of the old one', () => !isAlive(last));
            assert.notEqual(running(), last);
            await signs();
        });

        test('takes the place of one that hangs', async () => {
            process.kill(last, 'SIGSTOP');
            restart();
            assert.ok(!isAlive(last));
            await signs();
        });

        test('and of one that was killed', async () => {
            process.kill(last, 'SIGKILL');
            await until('its end', () => !isAlive(last));
            restart();
            await signs();
        });

        test('is a session of its own, with nothing of the terminal', () => {
            const [, , session] = readFileSync(`/proc/${last}/stat`, 'utf8').match(/\) . (\d+) \d+ (\d+)/);
            assert.notEqual(Number(session), Number(readFileSync('/proc/self/stat', 'utf8').match(/\) . \d+ \d+ (\d+)/)[1]));
        });

        test('keeps a log that does not grow without a limit', async () => {
            writeFileSync(state('hufud.log'), 'x\n'.repeat(2 ** 19 + 1), { flag: 'a' });
            restart();
            assert.ok(statSync(state('hufud.log')).size < 4096);
            assert.ok(statSync(state('hufud.log.1')).size > 2 ** 20);
        });
    });

    describe('with systemd', () => {
        before(() => person.startManager());

        test('has the unit start anew, which keeps its ports', async () => {
            assert.equal(person.systemctl('start', 'hufud.socket').status, 0);
            await signs();
            const before = person.mainPid;
            assert.deepEqual(JSON.parse(restart('--json')),
                { restarted: true, by: 'systemd', process: person.mainPid, trusted: true });
            assert.notEqual(person.mainPid, before);
            await signs();
        });

        test('also one that hangs, at once', async () => {
            process.kill(person.mainPid, 'SIGSTOP');
            const begin = Date.now();
            restart();
            assert.ok(Date.now() - begin < 10_000); /* its watchdog waits for twice as long */
            await signs();
        });

        test('also where its units are enabled and stopped', async () => {
            assert.equal(person.systemctl('enable', 'hufud.socket').status, 0);
            assert.equal(person.systemctl('stop', 'hufud.socket', 'hufud.service').status, 0);
            assert.equal(JSON.parse(restart('--json')).by, 'systemd');
            assert.equal(person.systemctl('is-active', 'hufud.socket', 'hufud.service').status, 0);
            await signs();
        });

        test('also where no page has come yet', async () => {
            assert.equal(person.systemctl('stop', 'hufud.service').status, 0);
            restart();
            assert.ok(isAlive(person.mainPid));
        });
    });
}

const reason = skip || (!isInside && runInside(import.meta.url));
if (reason || isInside) {
    describe('hufu restart', { skip: reason }, defineTests);
}
