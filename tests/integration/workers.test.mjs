/* One worker per page: what a page notices when its worker, its module or its own connection comes
 * to grief, and that nobody else notices anything. The kernel's list of processes is the judge. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { assertSigned } from '../lib/cms.mjs';
import { isAlive, skipDaemon, socketsOf, startDaemon, until } from '../lib/daemon.mjs';
import { Faulty, faulty } from '../lib/faulty.mjs';
import { Installation } from '../lib/installation.mjs';
import { faces, formBody, readAnswer } from '../lib/servisign.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';

const sign = (pin) => ['GPKI_SignData', pin, 'x', '', 0, 4];
const gone = (...pids) => until(`end of ${pids}`, () => !pids.some(isAlive));

async function assertSigns(daemon, page) {
    await page.call('GPKI_GetSlotCount'); /* perhaps with a new worker, and a new spare */
    await daemon.quiet();
    await assertSigned(await page.call(...sign(daemon.pin)), daemon.sandbox.hierarchy, 'x');
    assert.equal(await page.lastError(), 0);
}

describe('workers', { skip: skipDaemon() }, () => {
    let daemon;
    let windows;
    const configure = (settings) => daemon.configure({ pin: { program: pinentry }, ...settings });

    before(async () => {
        daemon = await startDaemon({ pinentry });
        windows = new Windows(daemon);
    });

    afterEach(() => configure());

    after(() => daemon?.stop());

    describe('stay apart', () => {
        test('a spare is there before any page', async () => {
            await until('a spare', () => daemon.workers.length === 1);
        });

        test('two pages, even of one site, have two processes', async () => {
            const [a, b] = [await daemon.openCardPage(), await daemon.openCardPage()];
            assert.notEqual(a.worker, b.worker);
            await a.call('GPKI_GetSlotCount');
            await b.call('GPKI_GetSlotCount');
            assert.ok(isAlive(a.worker) && isAlive(b.worker));
            await a.ask('ServiSignRelease');
            await gone(a.worker);
            assert.equal(await b.call('GPKI_DetectCard', 0), '1');
            assert.ok(isAlive(b.worker));
        });

        test('the PIN of a page is worth nothing to another, nor to its next call', async () => {
            const [owner, other] = [await daemon.openCardPage(), await daemon.openCardPage()];
            assert.equal(await owner.call('GPKI_VerifyPIN', daemon.pin, 0), '0');
            for (const page of [other, owner]) {
                const answer = page.call(...sign(''));
                await windows.cancel();
                assert.equal(await answer, '');
                assert.equal(await page.lastError(), 5070);
            }
            assert.equal(await other.call(...sign('654321')), '');
            assert.equal(await other.lastError(), 9039);
            const right = other.call('GPKI_VerifyPIN', '', 0); /* pages may pass PINs again */
            await windows.type(daemon.pin);
            assert.equal(await right, '0');
        });

        test('who listens knows no module, and who knows a module does not listen', async () => {
            const maps = (pid) => readFileSync(`/proc/${pid}/maps`, 'utf8');
            const { worker } = await daemon.openCardPage();
            assert.doesNotMatch(maps(daemon.pid), /softhsm|p11-kit|opensc/i);
            assert.match(maps(worker), /softhsm/i);
            const sockets = socketsOf(worker);
            const inet = ['tcp', 'tcp6', 'udp', 'udp6'].map(
                (name) => readFileSync(`/proc/${worker}/net/${name}`, 'utf8')).join('');
            assert.equal(sockets.length, 2, 'to hufud and to its own monitor');
            assert.doesNotMatch(inet, new RegExp(`\\b(${sockets.join('|')})\\b`));
        });
    });

    describe('that end', () => {
        /* Resolves once hufud knows. */
        const killUnderHufud = (...workers) => daemon.logOf(
            () => workers.forEach((pid) => process.kill(pid, 'SIGKILL')),
            new RegExp(`(worker ended[^]*){${workers.length}}`));

        test('in the middle of a call cost that call, 61105', async () => {
            const page = await daemon.openCardPage();
            const answer = page.call(...sign(''));
            const window = await windows.one();
            process.kill(page.worker, 'SIGKILL');
            assert.equal(await answer, '61105');
            assert.equal(await page.lastError(), 61105);
            await gone(window);
            await assertSigns(daemon, page);
        });

        test('between calls cost nothing', async () => {
            const page = await daemon.openCardPage();
            await killUnderHufud(page.worker);
            assert.equal(await page.call('GPKI_DetectCard', 0), '1');
        });

        test('before any call cost nothing', async () => {
            const page = await daemon.openPage();
            const workers = await until('a spare', () => daemon.workers);
            await killUnderHufud(...workers);
            await assertSigns(daemon, page);
        });
    });

    describe('end', () => {
        async function signSlowly(page) {
            const connection = await page.connect();
            await connection.write(page.requestBytes(formBody(
                page.buildCall('GPKI_SignData', ['', 'x', '', 0, 4]))));
            return { connection, window: await windows.one() };
        }

        test('with the connection of the page that waits for them', async () => {
            const page = await daemon.openCardPage();
            const lines = await daemon.logOf(async () => {
                const { connection, window } = await signSlowly(page);
                connection.close();
                await gone(page.worker, window);
            }, / function=GPKI_SignData abandoned$/);
            assert.equal(lines.length, 1, lines.join('\n'));
            await assertSigns(daemon, page);
        });

        test('with a half-closed connection too', async () => {
            const page = await daemon.openCardPage();
            const { connection, window } = await signSlowly(page);
            connection.socket.end();
            assert.equal((await connection.closed()).length, 0);
            await gone(page.worker, window);
            await assertSigns(daemon, page);
        });

        test('with the session, whose call is then 61012', async () => {
            const page = await daemon.openCardPage();
            const { connection, window } = await signSlowly(page);
            await page.ask('ServiSignRelease');
            assert.equal(readAnswer(await connection.receive()).result, '61012');
            await gone(page.worker, window);
        });

        test('with a session that was silent for too long', async () => {
            await configure({ session: { idle: 1 } });
            const page = await daemon.openCardPage();
            await gone(page.worker);
            assert.equal(await page.call('GPKI_DetectCard', 0), '61012');
        });

        test('but not while a person types the PIN', async () => {
            await configure({ session: { idle: 1 }, card: { deadline: 1 } });
            const page = await daemon.openCardPage();
            const { connection } = await signSlowly(page);
            await sleep(2500);
            await windows.type(daemon.pin);
            const { result } = readAnswer(await connection.receive());
            await assertSigned(result, daemon.sandbox.hierarchy, 'x');
        });
    });

    test('eight calls of a session wait in line, the ninth is 61010', async () => {
        const page = await daemon.openCardPage();
        const signature = page.call(...sign(''));
        await windows.one();
        let waiting;
        const lines = await daemon.logOf(async () => {
            waiting = Array.from({ length: 8 }, () => page.call('GPKI_GetSlotCount'));
            assert.equal(await Promise.race(waiting), '61010');
        });
        await windows.type(daemon.pin);
        await assertSigned(await signature, daemon.sandbox.hierarchy, 'x');
        assert.deepEqual((await Promise.all(waiting)).sort(), [...Array(7).fill('1'), '61010']);
        assert.equal(await page.lastError(), 0);
        assert.equal(lines.length, 1, lines.join('\n'));
        assert.match(lines[0], /=61010\b/);
    });

    describe('with a page that polls', () => {
        const newPage = () => daemon.openCardPage({ face: faces.mac });
        const body = (page) => formBody(page.buildCall('GPKI_SignData', ['', 'x', '', 0, 4]));
        const poll = async (page) => readAnswer(await page.post(body(page))).result;

        beforeEach(() => configure({ session: { heartbeat: 1 } }));

        test('the page hears heartbeats, then the result, once', async () => {
            const page = await newPage();
            const lines = await daemon.logOf(async () => {
                const result = page.call(...sign(''));
                const window = await windows.one();
                await until('heartbeats', () => page.heartbeats >= 2);
                assert.equal(await windows.one(), window);
                await windows.type(daemon.pin);
                await assertSigned(await result, daemon.sandbox.hierarchy, 'x');
            });
            assert.equal(lines.length, 1, lines.join('\n'));
            assert.match(lines[0], / function=GPKI_SignData code=0 /);

            const next = page.call(...sign(''));
            await windows.cancel();
            assert.equal(await next, '');
            assert.equal(await page.lastError(), 5070);
        });

        test('a result waits for the next poll', async () => {
            const page = await newPage();
            assert.equal(await poll(page), 'heartbeat');
            const window = await windows.one();
            await windows.type(daemon.pin);
            await gone(window);
            await sleep(300);
            await assertSigned(await poll(page), daemon.sandbox.hierarchy, 'x');
        });

        test('a broken connection does not end the call', async () => {
            const page = await newPage();
            const connection = await page.connect();
            await connection.write(page.requestBytes(body(page)));
            const window = await windows.one();
            connection.close();
            assert.equal(await poll(page), 'heartbeat');
            assert.equal(await windows.one(), window);
            await windows.type(daemon.pin);
            await assertSigned(await poll(page), daemon.sandbox.hierarchy, 'x');
        });

        test('another page with the same call has its own', async () => {
            const [a, b] = [await newPage(), await newPage()];
            assert.equal(await poll(a), 'heartbeat');
            const window = await windows.one();
            assert.equal(await poll(b), 'heartbeat');
            assert.equal(windows.open.length, 2);
            await b.ask('ServiSignRelease');
            assert.equal(await windows.one(), window);
            await windows.cancel();
            assert.equal(await poll(a), '');
        });

        test('a page that polls no more is taken for gone', async () => {
            const page = await newPage();
            assert.equal(await poll(page), 'heartbeat');
            const window = await windows.one();
            const lines = await daemon.logOf(() => gone(window), / abandoned$/);
            assert.equal(lines.length, 1, lines.join('\n'));
        });
    });
});

describe('a worker that idles', { skip: skipDaemon() }, () => {
    let daemon;

    before(async () => {
        daemon = await startDaemon({ cards: 'citizen second' });
        await daemon.configure({ card: { idle: 1 } });
    });

    after(() => daemon?.stop());

    test('ends; slot and certificate of its page stay', async () => {
        const page = await daemon.openCardPage();
        assert.equal(await page.call('GPKI_SetReaderSlot', 0, 1), '0');
        const certificates = await page.call('GPKI_EnumCerts', 0x80);
        await gone(page.worker);
        assert.equal(`${await page.call('GPKI_GetCachedCert')};`, certificates);
        assert.equal(await page.call('GPKI_EnumCerts', 0x80), certificates);
        const { signer } = await assertSigned(
            await page.call(...sign(daemon.pin)), daemon.sandbox.hierarchy, 'x');
        assert.match(signer, /陳𠮷堃/);
    });
});

describe('the end of hufud', { skip: skipDaemon() }, () => {
    let daemon;

    before(async () => {
        daemon = await startDaemon({ pinentry });
    });

    after(() => daemon?.stop());

    test('by force leaves no worker and no window behind', async () => {
        const page = await daemon.openCardPage();
        page.call(...sign('')).catch(() => {}); /* nobody will answer */
        const window = await new Windows(daemon).one();
        const { workers } = daemon;
        assert.ok(workers.includes(page.worker) && workers.length === 2);
        process.kill(daemon.pid, 'SIGKILL');
        await gone(window, ...workers);
    });

    test('comes when its monitor ends, and with both all that they started', async () => {
        const child = await daemon.startAndWait();
        const page = await daemon.openCardPage();
        page.call(...sign('')).catch(() => {});
        const window = await new Windows(daemon).one();
        const { workers } = daemon;
        const lines = await daemon.logOf(
            () => process.kill(daemon.monitor, 'SIGKILL'), /stopped/);
        await until('exit', () => child.exitCode !== null);
        assert.equal(child.exitCode, 1);
        assert.ok(lines.includes('hufud: the monitor has ended'));
        await gone(window, ...workers);
    });
});

describe('the log', { skip: skipDaemon() }, () => {
    const canary = 'Zx9!canary';
    let daemon;

    before(async () => {
        daemon = await startDaemon({ pinentry: '/bin/false' }); /* of a page, one wrong PIN is tried */
    });

    after(() => daemon?.stop());

    test('has no PIN, whatever became of it', async () => {
        const page = await daemon.openPage();
        assert.equal(await page.call('GPKI_VerifyPIN', canary, 0), '9039');
        assert.equal(await page.call(...sign(canary)), '');
        assert.equal(await page.lastError(), 5074);
        const calls = [
            page.buildCall('GPKI_VerifyPIN', [canary, 0]),
            { functionname: 'GPKI_VerifyPIN', bPIN: canary, ...page.trailer() },
            { functionname: 'GPKI_VerifyPIN', bPIN: canary, hide_result: true, ...page.trailer() },
            { functionname: canary, ...page.trailer() },
            { functionname: 'x', [canary]: canary, ...page.trailer() },
            { ...page.buildCall('GPKI_VerifyPIN', [canary, 0]), sessionid: canary },
            { ...page.buildCall('GPKI_VerifyPIN', [canary, 0]), PathID: canary },
        ];
        for (const call of calls) {
            await page.post(formBody(call));
        }
        await page.post(`Parameter=${canary}`);
        await page.post(`Parameter=${Buffer.from(`{"bPIN":"${canary}"`).toString('base64')}`);
        const text = readFileSync(daemon.sandbox.log, 'utf8');
        assert.match(text, /code=9039/);
        const bytes = Buffer.from(canary);
        for (const form of [canary, bytes.toString('base64').slice(0, 12), bytes.toString('hex')]) {
            assert.ok(!text.toLowerCase().includes(form.toLowerCase()), form);
        }
    });
});

describe('a module that misbehaves', { skip: skipDaemon(faulty, 'unshare') }, () => {
    let daemon;
    let windows;
    let neighbour;

    const set = (fault) => new Faulty(daemon).set(fault);

    before(async () => {
        daemon = await startDaemon({ pinentry, more: ['--module', faulty] });
        windows = new Windows(daemon);
        neighbour = await daemon.openCardPage();
    });

    afterEach(async () => {
        assert.equal(await neighbour.call('GPKI_GetSlotCount'), '1');
        set('none');
        await assertSigns(daemon, neighbour);
    });

    after(() => daemon?.stop(/AddressSanitizer: SEGV/));

    async function assertFails(page, call, result, code) {
        assert.deepEqual([await page.call(...call), await page.lastError()], [result, code]);
        set('none');
        await assertSigns(daemon, page);
    }

    test('a crash in a signature is 61105, once', async () => {
        const page = await daemon.openCardPage();
        set('crash');
        await assertFails(page, sign(daemon.pin), '61105', 61105);
        assert.ok(!isAlive(page.worker));
    });

    test('a crash while it is loaded is 61105 as long as it lasts', async () => {
        set('crash-load');
        const first = await daemon.openPage(); /* gets the spare that was loaded before */
        assert.equal(await first.call('GPKI_DetectCard', 0), '1');
        const page = await daemon.openPage();
        assert.equal(await page.call('GPKI_DetectCard', 0), '61105');
        await assertFails(page, ['GPKI_DetectCard', 0], '61105', 61105);
        assert.equal(await first.call('GPKI_DetectCard', 0), '1');
    });

    test('a signature that hangs is 61011 when the time is up; others work meanwhile', async () => {
        await daemon.configure({ pin: { program: pinentry }, card: { deadline: 2 } });
        const page = await daemon.openCardPage();
        set('hang');
        const start = Date.now();
        const failure = assertFails(page, sign(daemon.pin), '61011', 61011)
            .then(() => Date.now() - start);
        await sleep(500);
        assert.equal(await neighbour.call('GPKI_DetectCard', 0), '1');
        assert.ok(isAlive(page.worker));
        const ms = await failure;
        assert.ok(ms >= 1900 && ms < 10_000, `${ms} ms`);
        assert.ok(!isAlive(page.worker));
    });

    test('a locked card is 9043, with no try left', async () => {
        const page = await daemon.openCardPage();
        set('locked');
        assert.equal(await page.call('GPKI_GetErrorPINCount'), '0');
        assert.equal(await page.call('GPKI_VerifyPIN', daemon.pin, 0), '9043');
        await assertFails(page, sign(daemon.pin), '', 9043);
    });

    test('on a last try, a PIN of the page is not used: the person is asked', async () => {
        const page = await daemon.openCardPage();
        set('final');
        assert.equal(await page.call('GPKI_GetErrorPINCount'), '1');
        const right = page.call('GPKI_VerifyPIN', '654321', 0);
        await windows.type(daemon.pin);
        assert.equal(await right, '0');
        const cancelled = assertFails(page, sign(daemon.pin), '', 5070);
        await windows.cancel();
        await cancelled;
    });

    test('a card that goes during the signature is 9018', async () => {
        const page = await daemon.openCardPage();
        set('removed');
        await assertFails(page, sign(daemon.pin), '', 9018);
    });

    test('a module that lies about lengths has no certificates', async () => {
        const page = await daemon.openCardPage();
        set('lie');
        await assertFails(page, ['GPKI_EnumCerts', 0], '', 5010);
        const other = await daemon.openCardPage();
        set('lie');
        await assertFails(other, sign(daemon.pin), '', 5010);
    });
});

describe('a worker that cannot be started', { skip: skipDaemon() }, () => {
    let installation;
    let daemon;

    before(async () => {
        installation = new Installation();
        daemon = await startDaemon({ more: installation.options });
    });

    after(async () => {
        await daemon?.stop();
        installation.remove();
    });

    test('is 61905 for new pages and old ones, until it can', async () => {
        const [old, idle] = [await daemon.openPage(), await daemon.openPage()];
        await installation.withoutWorkers(daemon, async () => {
            assert.equal((await daemon.newPage().ask('ServiSignEcho')).result, '61905');
            assert.equal(await old.call('GPKI_GetSlotCount'), '61905');
            assert.equal(await old.lastError(), 61905);
            assert.match(daemon.log.join('\n'), /cannot start a worker: Permission denied/);
        });
        assert.equal((await daemon.newPage().ask('ServiSignEcho')).result, '0');
        for (const page of [old, idle]) {
            assert.equal(await page.call('GPKI_GetSlotCount'), '1');
            assert.equal(await page.lastError(), 0);
        }
    });
});
