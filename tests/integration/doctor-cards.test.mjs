/* hufu doctor and what lies on the desk: a card that is pulled out, locked, taken by another program, or
 * without its service. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { skipDaemon, until } from '../lib/daemon.mjs';
import { isInside, openscModule, orderCard, restartPcscd, runInside } from '../lib/pcscd.mjs';
import { programs, startSandbox } from '../lib/sandbox.mjs';

const missing = skipDaemon('pcscd', 'setpriv') || (process.getuid() !== 0 && 'needs root')
    || (!isInside && runInside(import.meta.url, 'citizen'));
const uid = 4243;

function suite() {
    let sandbox;
    let empty;

    before(async () => {
        empty = mkdtempSync(join(tmpdir(), 'hufu-readers-'));
        sandbox = await startSandbox({ more: ['--no-daemon', '--module', openscModule()] });
        execFileSync('chown', ['-R', `${uid}:${uid}`, sandbox.folder]);
        hufu('trust', 'install');
        start();
        await until('hufud', () => doctor().checks.find(({ id }) => id === 'service').state === 'ok');
    });

    after(async () => {
        endHufud();
        await sandbox.stop();
        rmSync(empty, { recursive: true });
    });

    const person = (command, ...args) => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups',
        command, ...args];
    const env = () => ({ ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /SAN_OPTIONS$/.test(name))),
        HOME: sandbox.home, PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' });

    function hufu(...args) {
        const [command, ...rest] = person(join(programs, 'hufu'), ...args);
        try {
            return execFileSync(command, rest, { env: env(), encoding: 'utf8' });
        } catch (error) {
            return error.stdout;
        }
    }

    function start() {
        const [command, ...rest] = person(join(programs, 'hufud'), '--data', join(import.meta.dirname ?? '.', '../../data'));
        spawn(command, rest, { env: env(), stdio: 'ignore', detached: true }).unref();
    }

    function endHufud() {
        process.kill(parseInt(readFileSync(join(sandbox.home, '.local/state/hufu/process'), 'utf8'), 10));
    }

    const doctor = () => JSON.parse(hufu('doctor', '--json'));
    const line = () => hufu('doctor').split('\n')[0];
    const says = (expected) => until(`${expected}`, () => expected.test(line()));

    it('knows a good card within two seconds', async () => {
        await says(/^All is well\.$/);
        const began = Date.now();
        const { checks } = doctor();
        const took = Date.now() - began;
        for (const id of ['pcscd', 'readers', 'held', 'card', 'certificates', 'pin']) {
            assert.equal(checks.find((check) => check.id === id).state, 'ok', id);
        }
        console.error(`# with a card: ${took} ms`);
        assert.ok(took < 6000, `${took} ms`);
    });

    it('says nothing of who the card belongs to', () => {
        for (const output of [hufu('doctor', '--all'), hufu('doctor', '--json'), hufu('doctor', '--report')]) {
            assert.doesNotMatch(output, /王測試|A123456789/);
        }
    });

    it('misses a card that was pulled out, and finds it again', async () => {
        orderCard('out');
        await says(/^All is well\. No card is in the reader\. \(9056\) Put your card into the reader\.$/);
        orderCard('in');
        await says(/^All is well\.$/);
    });

    it('names a program that has the card to itself', async () => {
        const home = mkdtempSync(join(tmpdir(), 'hufu-gnupg-'));
        execFileSync('chown', [`${uid}:${uid}`, home]);
        endHufud(); /* its worker shares the card, and so keeps it from being taken */
        const [command, ...rest] = person('/usr/lib/gnupg/scdaemon', '--server', '--homedir', home);
        const scdaemon = spawn(command, rest, { env: { ...env(), GNUPGHOME: home }, stdio: ['pipe', 'ignore', 'ignore'] });
        try {
            scdaemon.stdin.write('SERIALNO undefined\n');
            await until('scdaemon', () => doctor().checks.find(({ id }) => id === 'held').state === 'trouble');
            start();
            await says(/scdaemon, process \d+, keeps the card to itself\. \(\d+\) Run: gpgconf --kill scdaemon$/);
        } finally {
            scdaemon.kill('SIGKILL'); /* as the step does with the one of gpg's agent */
            rmSync(home, { recursive: true, force: true });
        }
        await says(/^All is well\.$/);
    });

    it('names a locked PIN', async () => {
        orderCard('retries 0');
        await says(/^The card's PIN is locked\. \(9043\)/);
        orderCard('retries 3');
        await says(/^All is well\.$/);
    });

    it('misses the reader', async () => {
        await restartPcscd(empty);
        await says(/^All is well\. No reader is connected\. \(9112\) Connect the reader\.$/);
        await restartPcscd('/etc/reader.conf.d');
        await says(/^All is well\.$/);
    });

    it('names a pcscd that does not run', async () => {
        const pid = await until('a pcscd', () => parseInt(readFileSync('/run/pcscd/pcscd.pid', 'utf8'), 10));
        process.kill(pid);
        await until('the end of pcscd', () => !existsSync('/run/pcscd/pcscd.pid'));
        await says(/^hufu works, but: The smart card service pcscd is not running\. \(\d+\) Run: sudo systemctl/);
    });
}

if (missing || isInside) {
    describe('hufu doctor and a card', { skip: missing }, suite);
}
