/* Readers, cards and pcscd that come and go, as a page's calls see them: the next call works without
 * anybody's help, or gets the code that says what is in the way. */
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { assertSigned } from '../lib/cms.mjs';
import {
    childrenOf, isAlive, skipDaemon, startDaemon, switchesOf, until,
} from '../lib/daemon.mjs';
import {
    activate, cardEvents, endOfPcscd, hold, isInside, openscModule, orderCard, pcscdListens, pcscdPid,
    pcscdSocket, pivcard, runInside, startPcscd, stopPcscd,
} from '../lib/pcscd.mjs';
import { programs } from '../lib/sandbox.mjs';
import { pinentry } from '../lib/windows.mjs';

const run = promisify(execFile);

const skip = skipDaemon(pivcard, hold, 'pkcs11-tool', 'pkg-config', 'unshare');
const scdaemon = '/usr/lib/gnupg/scdaemon';
const reader = 'Virtual PCD 00 00';
const challenge = '登入挑戰 42';
const sign = (pin) => ['GPKI_SignData', pin, challenge, 'UTF-8', 0, 4];

const codes = {
    removed: 9018, noCard: 9056, unknown: 9057, noReader: 9112, slow: 61011,
    missing: 61921, absent: 61922, refused: 61923, version: 61924, busy: 61926,
};

/* What `hufu card` says now; of the first reader alone, or undefined when there is none. */
async function hufuCard() {
    const { stdout } = await run(join(programs, 'hufu'), ['card', '--json']).catch((error) => error);
    return JSON.parse(stdout);
}
const firstReader = async () => (await hufuCard()).readers[0];

const isThere = async () => (await firstReader())?.card;
const isNotThere = async () => !await isThere();

/* A pcscd with other manners in the place of the real one: what it answers to the version of a
 * client, or undefined to hang up. This Debian's pcscd knows no polkit, and only one version. */
async function standIn(code) {
    rmSync(pcscdSocket, { force: true });
    const server = createServer((socket) => {
        socket.on('error', () => {});
        if (code === undefined) {
            socket.end();
            return;
        }
        let received = Buffer.alloc(0);
        socket.on('data', (data) => {
            received = Buffer.concat([received, data]);
            if (received.length >= 20) { /* length and command, then what is sent back */
                received.writeUInt32LE(code, 16);
                socket.end(received.subarray(8, 20));
            }
        });
    });
    await new Promise((resolve) => {
        server.listen(pcscdSocket, resolve);
    });
    chmodSync(pcscdSocket, 0o666);
    return server;
}

const securityViolation = 0x8010006a;
const serviceStopped = 0x8010001e;

/* Keeps the card for itself until it is released. */
async function holdCard() {
    const child = spawn(hold, [reader], { stdio: ['pipe', 'pipe', 2] });
    await until('the card held', async () => (await firstReader())?.held);
    return child;
}

function defineTests() {
    let daemon;
    let page;

    before(async () => {
        daemon = await startDaemon({ cards: 'none', pinentry, more: ['--module', openscModule()] });
        page = await daemon.openCardPage();
    });

    /* A test that failed in the middle spoils no other. */
    afterEach(async () => {
        if (!await pcscdListens()) {
            await startPcscd();
        }
        ['latency 0', 'mute 0', 'retries 3', 'in'].forEach(orderCard);
        await until('the card', isThere);
    });

    after(() => daemon?.stop());

    async function assertSigns(from = page) {
        const signed = await from.call(...sign(daemon.pin));
        assert.equal(await from.lastError(), 0);
        await assertSigned(signed, daemon.sandbox.hierarchy, challenge);
    }

    async function assertFails(code, call = sign(daemon.pin), from = page) {
        await from.call(...call);
        assert.equal(await from.lastError(), code);
    }

    /* hufud has a mount namespace of its own. */
    function inBoth(...command) {
        spawnSync(command[0], command.slice(1));
        spawnSync('nsenter', ['-t', `${daemon.pid}`, '-m', ...command]);
    }

    /* Resolves when a call of the page, that has no side effect, ends so. */
    const becomes = (code, from = page) => until(`code ${code}`, async () => {
        await from.call('GPKI_DetectCard', 0);
        return await from.lastError() === code;
    });

    describe('hufu card', () => {
        const hufu = (args, language = 'C.UTF-8') => run(join(programs, 'hufu'), ['card', ...args],
            { env: { ...process.env, LC_ALL: language } }).catch((error) => error);

        test('says which cards are there, and what is in the way, in both languages', async () => {
            const { stdout } = await hufu([]);
            assert.equal(stdout, `${reader}: a card\nVirtual PCD 00 01: no card\n`);
            orderCard('out');
            await until('no card', isNotThere);
            const lines = (await hufu([], 'zh_TW.UTF-8')).stdout.split('\n');
            assert.deepEqual(lines, [`${reader}：沒有卡片`, 'Virtual PCD 00 01：沒有卡片',
                '讀卡機中沒有卡片。 (9056)', '請插入卡片後再試一次。', '']);
            await stopPcscd();
            const { code, stdout: text } = await hufu([]);
            assert.equal(code, 1);
            assert.match(text, /\(61922\)\nRun: sudo systemctl enable --now pcscd\.socket\n$/);
            assert.equal((await hufu(['--odd'])).code, 2);
        });

        test('follows what happens, and sleeps in between', async () => {
            const child = spawn(join(programs, 'hufu'), ['card', '--json', '--follow'], {
                stdio: ['ignore', 'pipe', 2] });
            const lines = [];
            createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
            const said = (count) => until(`line ${count}`, () => lines.length >= count);
            await said(1);
            orderCard('out');
            await said(2);
            const before = switchesOf(child.pid);
            await sleep(1500);
            assert.equal(switchesOf(child.pid), before);
            orderCard('in');
            await said(3);
            await stopPcscd('SIGKILL');
            await said(4);
            await startPcscd();
            await until('the card', () => lines.at(-1).readers[0]?.card);
            assert.deepEqual(lines.slice(0, 4).map(({ service, readers }) => [service, readers[0]?.card]),
                [['running', true], ['running', false], ['running', true], ['absent', undefined]]);
            child.stdout.destroy();
            await until('its end', () => !isAlive(child.pid));
        });
    });

    describe('pcscd', () => {
        test('that is stopped is 61922; started again, the next call works', async () => {
            await stopPcscd();
            await assertFails(codes.absent);
            assert.equal((await hufuCard()).service, 'absent');
            await startPcscd();
            await until('the card', isThere);
            await assertSigns();
        });

        test('that was there too late for page and spare is found by both', async () => {
            await stopPcscd();
            const later = await daemon.openPage();
            await assertFails(codes.absent, ['GPKI_EnumCerts', 0x80], later);
            await startPcscd();
            await until('the card', isThere);
            await assertSigns(later);
            await assertSigns();
        });

        test('that is not installed is 61921', async () => {
            const program = spawnSync('which', ['pcscd'], { encoding: 'utf8' }).stdout.trim();
            await stopPcscd();
            inBoth('mount', '--bind', '/dev/null', program);
            try {
                await assertFails(codes.missing);
                assert.equal((await hufuCard()).service, 'missing');
            } finally {
                inBoth('umount', program);
            }
            await startPcscd();
            await until('the card', isThere);
            await assertSigns();
        });

        test('that crashed and was started again between two calls is not noticed', async () => {
            await assertSigns();
            await stopPcscd('SIGKILL');
            await startPcscd();
            await until('the card', isThere);
            await assertSigns();
        });

        test('that crashes in the middle of a signature costs that signature', async () => {
            orderCard('latency 3000');
            const used = cardEvents().length;
            const call = page.call(...sign(daemon.pin));
            await until('the key in use', () => cardEvents().length > used);
            await stopPcscd('SIGKILL');
            assert.equal(await call, '');
            assert.equal(await page.lastError(), codes.absent);
            orderCard('latency 0');
            await startPcscd();
            await until('the card', isThere);
            await assertSigns();
        });

        test('that systemd starts at need is started by a call, and again after it ended', async () => {
            await stopPcscd();
            const child = await startPcscd({ by: [activate, pcscdSocket], args: ['--auto-exit'] });
            try {
                await until('the card', isThere);
                await assertSigns();
                const [pid] = childrenOf(child.pid);
                process.kill(pid); /* as after a minute without clients: its socket stays */
                await endOfPcscd(pid);
                await becomes(0);
                await assertSigns();
            } finally {
                const [last] = childrenOf(child.pid);
                process.kill(child.pid);
                await endOfPcscd(last);
            }
        });

        for (const [how, code] of [['hanging up', undefined], ['a code', securityViolation]]) {
            test(`that refuses (polkit) by ${how} is 61923, and works when it does so no more`, async () => {
                await stopPcscd();
                const server = await standIn(code);
                await assertFails(codes.refused);
                assert.equal((await hufuCard()).service, 'refused');
                server.close();
                await startPcscd();
                await until('the card', isThere);
                await assertSigns();
            });
        }

        test('of another version is 61924', async () => {
            await stopPcscd();
            const server = await standIn(serviceStopped);
            await assertFails(codes.version);
            assert.equal((await hufuCard()).service, 'version');
            server.close();
            await startPcscd();
            await until('the card', isThere);
            await assertSigns();
        });

        test('that hangs costs a call its time, and later calls nothing', async () => {
            await daemon.configure({ pin: { program: pinentry }, card: { deadline: 2 } });
            const pid = pcscdPid();
            process.kill(pid, 'SIGSTOP');
            try {
                await assertFails(codes.slow);
                assert.equal((await hufuCard()).service, 'silent');
            } finally {
                process.kill(pid, 'SIGCONT');
            }
            await becomes(0);
            await assertSigns();
            await daemon.configure({ pin: { program: pinentry } });
        });
    });

    describe('a card', () => {
        test('that another program keeps for itself is 61926, and free again it signs', async () => {
            const fresh = await startDaemon({ cards: 'none', more: ['--module', openscModule()] });
            await daemon.stop();
            daemon = fresh;
            const child = await holdCard();
            page = await daemon.openPage();
            await assertFails(codes.busy);
            await assertFails(codes.busy, ['GPKI_EnumCerts', 0x80]);
            child.stdin.end();
            await until('the card free', async () => !(await firstReader()).held);
            await assertSigns();
        });

        test('that scdaemon has is 61926, and hufu card names scdaemon', {
            skip: !existsSync(scdaemon) && `missing: ${scdaemon}` }, async () => {
            const fresh = await startDaemon({ cards: 'none', more: ['--module', openscModule()] });
            await daemon.stop();
            daemon = fresh;
            const home = mkdtempSync(join(tmpdir(), 'hufu-gnupg-'));
            const child = spawn(scdaemon, ['--server'], {
                stdio: ['pipe', 'ignore', 'ignore'], env: { ...process.env, GNUPGHOME: home } });
            child.stdin.write('SERIALNO undefined\n');
            await until('scdaemon', async () => (
                (await firstReader()).held === 'scdaemon'));
            page = await daemon.openPage();
            await assertFails(codes.busy);
            child.stdin.end();
            await until('the end of scdaemon', () => !isAlive(child.pid));
            rmSync(home, { recursive: true });
            await assertSigns();
        });

        test('that is pulled in the middle of a signature is 9018', async () => {
            orderCard('drop');
            await assertFails(codes.removed);
            assert.equal(cardEvents().at(-1), 'out');
            await assertFails(codes.noCard);
            orderCard('in');
            await until('the card', isThere);
            await assertSigns();
        });

        test('that is pulled before and after one is 9056, and back in it signs', async () => {
            await assertSigns();
            orderCard('out');
            await until('no card', isNotThere);
            await assertFails(codes.noCard);
            await assertFails(codes.noCard, ['GPKI_EnumCerts', 0x80]);
            orderCard('in');
            await until('the card', isThere);
            await assertSigns();
        });

        test('the wrong way round is 9057, and turned it signs', async () => {
            orderCard('out');
            await until('no card', isNotThere);
            orderCard('mute 1');
            orderCard('in');
            await until('a mute card', async () => (await firstReader()).mute);
            await assertFails(codes.unknown);
            orderCard('out');
            await until('no card', isNotThere);
            orderCard('mute 0');
            orderCard('in');
            await until('the card', isThere);
            await assertSigns();
        });

        test('in a second reader is found there, while it is in the first one and when not', async () => {
            const citizen = join(dirname(daemon.sandbox.hierarchy), 'second');
            const secondIsThere = async () => (await hufuCard()).readers[1].card;
            const orders = join(daemon.sandbox.folder, 'second');
            const child = spawn(pivcard, ['-r', '1', '-c', orders, citizen], { stdio: 'ignore' });
            await until('two cards', secondIsThere);
            await assertSigns();
            assert.equal(await page.call('GPKI_GetSlotCount'), '2');
            const first = await page.call('GPKI_EnumCerts', 0x80);
            orderCard('out');
            await until('one card', isNotThere);
            const second = await page.call('GPKI_EnumCerts', 0x80);
            assert.notEqual(second, first);
            assert.notEqual(second, '');
            await assertSigns();
            writeFileSync(orders, 'drop\n');
            await assertFails(codes.removed); /* of that card, not of the empty first reader */
            await until('no card', async () => !await secondIsThere());
            await assertFails(codes.noCard);
            child.kill();
            orderCard('in');
            await until('the card', isThere);
            assert.equal(await page.call('GPKI_EnumCerts', 0x80), first);
        });
    });

    describe('readers', () => {
        test('that are plugged in later are found by pages that were open before', async () => {
            const noReaders = join(daemon.sandbox.folder, 'readers');
            mkdirSync(noReaders);
            await stopPcscd();
            await startPcscd({ folder: noReaders });
            const other = await daemon.openCardPage();
            await assertFails(codes.noReader);
            await assertFails(codes.noReader, sign(daemon.pin), other);
            await stopPcscd();
            await startPcscd();
            await until('the card', isThere);
            await assertSigns();
            await assertSigns(other);
        });

        test('that sleep cost a call its time, and awake they work', async () => {
            await daemon.configure({ pin: { program: pinentry }, card: { deadline: 2 } });
            await assertSigns();
            const pid = Number(spawnSync('pidof', ['pivcard'], { encoding: 'utf8' }).stdout);
            process.kill(pid, 'SIGSTOP');
            await assertFails(codes.slow);
            process.kill(pid, 'SIGCONT');
            await becomes(0);
            await assertSigns();
            await daemon.configure({ pin: { program: pinentry } });
        });
    });
}

if (skip || isInside) {
    describe('what comes and goes', { skip }, defineTests);
} else {
    const reason = runInside(import.meta.url, 'citizen');
    if (reason) {
        test('what comes and goes', { skip: reason }, () => {});
    }
}
