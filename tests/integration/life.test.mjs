/* From start to end: options, ports, reloads, signals, systemd, and who may connect. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
    copyFileSync, existsSync, fchownSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { assertSigned } from '../lib/cms.mjs';
import { childrenOf, isAlive, skipDaemon, socketsOf, startDaemon, until } from '../lib/daemon.mjs';
import { programs } from '../lib/sandbox.mjs';
import {
    Connection, formBody, pageHeaders, portalOrigin, readAnswer, requestBytes, toBase64,
} from '../lib/servisign.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';

const hufud = join(programs, 'hufud');
const otherOrigin = 'https://other.example.tw';
const loopback = ['127.0.0.1', '::1'];
const suspendMs = 6000; /* longer than a handshake or a head may take */

/* A daemon that the tests start and end themselves, anew for each `describe`. */
function ownDaemon(options) {
    const own = {};
    before(async () => {
        own.daemon = await startDaemon({ pinentry, more: ['--no-daemon'], ...options });
    });
    after(() => own.daemon?.stop());
    return own;
}

async function exitOf(child) {
    await until('exit', () => child.exitCode !== null || child.signalCode !== null);
    return child.exitCode;
}

async function listen(port, host) {
    const server = createServer((socket) => socket.destroy());
    server.unref().listen({ port, host, ipv6Only: true });
    await once(server, 'listening');
    return server;
}

async function freePort() {
    const server = await listen(0, '127.0.0.1');
    const { port } = server.address();
    server.close();
    return port;
}

/* Resolves with the code of the error, or undefined when the connection is made. */
async function tryConnect(port, host) {
    const socket = connect({ port, host });
    const result = await new Promise((resolve) => {
        socket.once('connect', () => resolve(undefined));
        socket.once('error', ({ code }) => resolve(code));
    });
    socket.destroy();
    return result;
}

async function assertServes(daemon, port) {
    for (const address of loopback) {
        const { result } = await daemon.newPage({ port, address }).ask('Echo');
        assert.equal(result, '0', `${address} ${port}`);
    }
}

async function assertClosed(port) {
    for (const address of loopback) {
        assert.equal(await tryConnect(port, address), 'ECONNREFUSED', `${address} ${port}`);
    }
}

/* The tests listen themselves, so the holder is this program of the user who runs them. */
const heldLine = (port, address) => new RegExp(`^hufud: port ${port} passed by: ${address} is held by `
    + `\\S+, process ${process.pid}, of user \\S+ \\(uid ${process.getuid()}, `
    + 'inode [1-9]\\d*\\)$', 'm');

const status = async (page) => (await page.post('Parameter=x')).status;

describe('the command line', { skip: skipDaemon() }, () => {
    const run = (...args) => spawnSync(hufud, args, { encoding: 'utf8', timeout: 20_000 });

    test('--version, --help', () => {
        const { status: code, stdout } = run('--version');
        assert.deepEqual([code, stdout], [0, 'hufud 0.1.0\n']);
        assert.match(run('--help').stdout, /^Usage: hufud /);
        assert.equal(run('--help').status, 0);
    });

    test('wrong usage is status 2', () => {
        for (const args of [['--nonsense'], ['-x'], ['--data'], ['surplus'], ['--version=1']]) {
            const { status: code, stdout, stderr } = run(...args);
            assert.deepEqual([code, stdout], [2, ''], args.join(' '));
            assert.match(stderr, /Usage: hufud /);
        }
    });

    test('root is refused', { skip: process.getuid() !== 0 && 'missing: root' }, () => {
        const { status: code, stderr } = run();
        assert.equal(code, 1);
        assert.match(stderr, /^hufud: refusing to run as root.*--allow-root\)\n$/);
    });
});

describe('the ports', { skip: skipDaemon() }, () => {
    const own = ownDaemon();

    test('all taken is status 1 and 61905', async () => {
        const { daemon } = own;
        const ports = ['gpki', 'tcg', 'hca'].flatMap((product) => daemon.portsOf(product));
        const squatters = await Promise.all(ports.map((port) => listen(port, '127.0.0.1')));
        assert.equal(await exitOf(daemon.start()), 1);
        const log = daemon.log.join('\n');
        assert.match(log, /^hufud: cannot start: .*\(61905\): every port is taken$/m);
        for (const port of ports) {
            assert.match(log, heldLine(port, '127.0.0.1'));
        }
        squatters.forEach((server) => server.close());
    });

    test('one that is taken, on either address, is passed by on both', async () => {
        const { daemon } = own;
        const [first, second, third] = daemon.portsOf('gpki');
        const squatters = [await listen(first, '127.0.0.1'), await listen(second, '::1')];
        const lines = await daemon.logOf(() => daemon.startAndWait());
        assert.equal(lines.length, 3, lines.join('\n'));
        assert.match(lines[0], heldLine(first, '127.0.0.1'));
        assert.match(lines[1], heldLine(second, '::1'));
        assert.equal(lines[2], 'hufud: ready on 3 products');
        assert.equal(await tryConnect(first, '::1'), 'ECONNREFUSED');
        assert.equal(await tryConnect(second, '127.0.0.1'), 'ECONNREFUSED');
        await assertServes(daemon, third);

        squatters.forEach((server) => server.close());
        assert.deepEqual(await daemon.reload(), ['hufud: reloaded']);
        await assertServes(daemon, first);
        await assertServes(daemon, second);
    });

    test('listen on the loopback addresses alone', () => {
        const { daemon } = own;
        const sockets = socketsOf(daemon.pid);
        const listening = ['tcp', 'tcp6']
            .flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'))
            .map((line) => line.trim().split(/\s+/))
            .filter((row) => row[3] === '0A' && sockets.includes(row[9]))
            .map((row) => row[1].split(':')[0]);
        assert.equal(listening.length, 18);
        assert.deepEqual([...new Set(listening)].sort(),
            ['00000000000000000000000001000000', '0100007F']);
    });
});

describe('another hufud of the same user', { skip: skipDaemon() }, () => {
    const own = ownDaemon();

    /* A second one beside the first; resolves with what it wrote. */
    async function startSecond() {
        const { daemon } = own;
        const { pid } = daemon;
        const second = daemon.start();
        writeFileSync(join(daemon.sandbox.folder, 'hufud.pid'), `${pid}\n`);
        await exitOf(second);
        return second;
    }

    test('says that the first one runs, and ends well', async () => {
        const { daemon } = own;
        await daemon.startAndWait();
        const page = await daemon.openCardPage();
        let second;
        const lines = await daemon.logOf(async () => {
            second = await startSecond();
        });
        assert.deepEqual([second.exitCode, lines],
            [0, [`hufud: hufud runs already and answers: process ${daemon.pid}`]]);
        assert.equal(await page.call('GPKI_GetSlotCount'), '1');
        page.close();
    });

    test('takes the place of one that hangs', async () => {
        const { daemon } = own;
        const hung = daemon.pid;
        const helpers = [daemon.monitor, ...daemon.workers];
        process.kill(hung, 'SIGSTOP');
        const begin = Date.now();
        const lines = await daemon.logOf(() => daemon.startAndWait());
        const took = Date.now() - begin;
        assert.deepEqual(lines, [
            `hufud: a hufud of yours hangs, process ${hung}: this one takes its place`,
            'hufud: ready on 3 products']);
        await until('the end of all that it started', () => ![hung, ...helpers].some(isAlive));
        await assertServes(daemon, daemon.port);
        assert.ok(took < 3000, `${took} ms`); /* 1 s on a computer with nothing else to do */
    });

    test('leaves a program alone that is not hufud, whatever was written down', async (t) => {
        const { daemon } = own;
        process.kill(daemon.pid, 'SIGKILL');
        const squatter = spawn(process.execPath, ['-e', `process.title = 'hufud';
            for (const host of ['127.0.0.1', '::1'])
                require('net').createServer(() => {}).listen(${daemon.port}, host,
                    () => console.log('ready'));`], { stdio: ['ignore', 'pipe', 'inherit'] });
        t.after(() => squatter.kill('SIGKILL'));
        await once(squatter.stdout, 'data');
        const file = join(daemon.sandbox.home, '.local/state/hufu/process');
        for (const record of [`${squatter.pid} 1\n`, `${squatter.pid}\n`, `${process.pid} 0\n`, '1 1\n', '-1 0\n', 'x']) {
            writeFileSync(file, record);
            const lines = await daemon.logOf(() => daemon.startAndWait());
            assert.match(lines[0], new RegExp(`^hufud: port ${daemon.port} passed by: 127.0.0.1 is held by `
                + `\\S+, process ${squatter.pid}, `), record);
            assert.ok(isAlive(squatter.pid), record);
            process.kill(daemon.pid, 'SIGKILL');
            await until('its end', () => !daemon.isRunning);
        }
    });
});

describe('SIGHUP', { skip: skipDaemon() }, () => {
    let daemon;

    before(async () => {
        daemon = await startDaemon();
    });

    after(() => daemon?.stop());

    test('reads sites anew; sessions stay', async () => {
        const page = await daemon.openPage();
        const other = daemon.newPage({ origin: otherOrigin });
        assert.deepEqual([await status(page), await status(other)], [200, 403]);
        await daemon.configure({ sites: [otherOrigin] });
        assert.deepEqual([await status(page), await status(other)], [403, 200]);
        await daemon.configure({ sites: [portalOrigin, otherOrigin] });
        assert.equal(await page.call('GPKI_GetSlotCount'), '1');
    });

    test('reads ports anew', async () => {
        const [first, second, third] = daemon.portsOf('gpki');
        const fourth = await freePort();
        const map = readFileSync(daemon.componentsFile, 'utf8');
        const page = await daemon.openPage();
        writeFileSync(daemon.componentsFile, map.replace(`${third}`, `${fourth}`));
        assert.deepEqual(await daemon.reload(), ['hufud: reloaded']);
        for (const port of [first, second, fourth]) {
            await assertServes(daemon, port);
        }
        await assertClosed(third);
        assert.equal(await page.call('GPKI_GetSlotCount'), '1');
        writeFileSync(daemon.componentsFile, map);
        await daemon.reload();
        await assertClosed(fourth);
        await assertServes(daemon, third);
    });

    for (const [what, text] of [
        ['a site that is no origin', '[sites]\nallow = portal.example.tw\n'],
        ['a wildcard', '[sites]\nallow = https://*.example.tw\n'],
        ['an unknown name', '[sites]\nalow = https://evil.example\n'],
    ]) {
        test(`with ${what} in hufu.ini refuses every site`, async () => {
            const page = await daemon.openPage();
            const good = readFileSync(daemon.settingsFile);
            writeFileSync(daemon.settingsFile, `${good}${text}`);
            const lines = await daemon.reload();
            assert.match(lines[0], /^hufud: sites: .*\(61914\): .*hufu\.ini: line \d+$/);
            assert.equal(await status(page), 403);
            writeFileSync(daemon.settingsFile, good);
            assert.deepEqual(await daemon.reload(), ['hufud: reloaded']);
            page.close(); /* hufud ends the connection that it refused on */
            assert.equal(await page.call('GPKI_GetSlotCount'), '1');
        });
    }

    for (const [what, text, refuses] of [
        ['an unknown section', '[sitez]\nallow = https://evil.example\n'],
        ['a number that is none', '[card]\ndeadline = soon\n'],
        ['a number out of range', '[card]\ndeadline = 0\n'],
        ['a line that is too long', `[sites]\nallow = https://${'a'.repeat(200)}.example\n`, true],
        ['noise', '\x01\x02[[[', true],
        ['a NUL byte', '\0\n[sitez]\n', true],
    ]) {
        test(`with ${what} in hufu.ini keeps the old settings`, async () => {
            const page = await daemon.openPage();
            const good = readFileSync(daemon.settingsFile);
            writeFileSync(daemon.settingsFile, `${good}${text}`);
            const lines = await daemon.reload();
            assert.equal(lines.length, refuses ? 2 : 1);
            assert.match(lines.at(-1), /^hufud: reload failed, the old .* stays: .*hufu\.ini/);
            assert.equal(await status(page), refuses ? 403 : 200);
            assert.equal(await status(daemon.newPage({ origin: 'https://evil.example' })), 403);
            writeFileSync(daemon.settingsFile, good);
            assert.deepEqual(await daemon.reload(), ['hufud: reloaded']);
        });
    }

    for (const [what, text, told] of [
        ['a component\'s port', '[product x]\nports = 1 2 FIRST\n', ': expected ports that no other component has; .* in MAP'],
        ['a PathID', '[product x]\npath_ids = 80e4364f8cc0481888b054197bf8f058\n', ': expected PathIDs .* in .*/data/components.d/gpki.ini'],
        ['a comname', '[product x]\ncomnames = yuantaservisign\n', ': expected comnames .* in .*/data/components.d/gpki.ini'],
        ['a product', '[product gpki]\nports = 1 2 3\n', ', line 2: expected a product that .* MAP'],
        ['three ports that are two', '[product x]\nports = 1 2\n', ', line 2: expected three ports .*'],
    ]) {
        test(`with a component file that claims ${what} keeps the old map, and names the files`, async () => {
            const page = await daemon.openPage();
            const file = join(dirname(daemon.componentsFile), 'zzz.ini');
            writeFileSync(file, text.replace('FIRST', daemon.port));
            const [line, ...more] = await daemon.reload();
            assert.match(line, new RegExp(`^hufud: reload failed, the old configuration stays: ${file}${
                told.replace('MAP', daemon.componentsFile)}$`));
            assert.deepEqual(more, []);
            const problems = join(daemon.sandbox.home, '.local/state/hufu/problems');
            assert.match(readFileSync(problems, 'utf8'), new RegExp(`^\\d\t[A-Z_]+\t${file}\t`));
            assert.equal(await page.call('GPKI_GetSlotCount'), '1');
            rmSync(file);
            assert.deepEqual(await daemon.reload(), ['hufud: reloaded']);
            assert.ok(!existsSync(problems));
            page.close();
        });
    }

    test('with ports that are all taken keeps the old ones', async () => {
        const map = readFileSync(daemon.componentsFile, 'utf8');
        const servers = await Promise.all(Array.from({ length: 9 }, () => listen(0, '127.0.0.1')));
        const ports = servers.map((server) => server.address().port);
        const next = () => `ports = ${ports.pop()} ${ports.pop()} ${ports.pop()}`;
        writeFileSync(daemon.componentsFile, map.replace(/ports = .*/g, next));
        assert.match((await daemon.reload()).at(-1), /reload failed, the old .* stays: .*61905/);
        writeFileSync(daemon.componentsFile, map);
        servers.forEach((server) => server.close());
        await assertServes(daemon, daemon.port);
        await daemon.reload();
    });
});

/* A page that works is told why nothing does, and works again as soon as the mistake is gone. */
describe('a start with mistakes in the configuration', { skip: skipDaemon() }, () => {
    const own = ownDaemon();

    for (const [what, file, text, place] of [
        ['hufu.ini', 'hufu.ini', '[card]\ndeadline = soon\n', 'line 11'],
        ['a component file', 'components.d/zzz.ini', 'ports = 1 2 3\n', 'line 1'],
    ]) {
        test(`in ${what}: every call is 61905 until it was mended`, async () => {
            const { daemon } = own;
            const path = join(daemon.sandbox.home, '.config/hufu', file);
            const good = existsSync(path) ? readFileSync(path, 'utf8') : '';
            writeFileSync(path, good + text);
            const [line, ready] = await daemon.logOf(() => daemon.startAndWait());
            assert.match(line, new RegExp('^hufud: every call is refused \\(61905\\) until this is mended and '
                + `read again: ${path}, ${place}: expected .*$`));
            assert.equal(ready, 'hufud: ready on 3 products');
            const page = daemon.newPage();
            for (const name of ['Echo', 'GPKI_GetSlotCount', 'get_lastError']) {
                assert.equal((await page.ask(name)).result, '61905');
            }
            assert.equal(await status(daemon.newPage({ origin: otherOrigin })), 403);
            writeFileSync(path, good);
            assert.deepEqual(await daemon.reload(), ['hufud: reloaded']);
            await page.echo();
            assert.equal(await page.call('GPKI_GetSlotCount'), '1');
            page.close();
            process.kill(daemon.pid, 'SIGKILL');
        });
    }

    test('in the list of sites refuses every site, as ever', async () => {
        const { daemon } = own;
        const good = readFileSync(daemon.settingsFile, 'utf8');
        writeFileSync(daemon.settingsFile, `${good}[sites]\nalow = x\n`);
        await daemon.startAndWait();
        assert.equal(await status(daemon.newPage()), 403);
        writeFileSync(daemon.settingsFile, good);
        await daemon.reload();
        assert.equal(await status(daemon.newPage()), 200);
    });
});

describe('the end', { skip: skipDaemon() }, () => {
    const own = ownDaemon();

    /* A fresh hufud whose page waits at the PIN window. */
    async function startWithCall() {
        const { daemon } = own;
        const child = await daemon.startAndWait();
        const page = await daemon.openCardPage();
        const answer = page.call('GPKI_SignData', '', 'x', '', 0, 4);
        const windows = new Windows(daemon);
        return { daemon, child, page, answer, windows, window: await windows.one() };
    }

    for (const signal of ['SIGTERM', 'SIGINT']) {
        test(`${signal} without a call ends at once, with status 0`, async () => {
            const { daemon } = own;
            const child = await daemon.startAndWait();
            const page = await daemon.openCardPage();
            const workers = [...daemon.workers];
            const lines = await daemon.logOf(() => child.kill(signal), /stopped$/);
            assert.deepEqual(lines, ['hufud: stopped']);
            assert.equal(await exitOf(child), 0);
            await until('no worker', () => !workers.some(isAlive));
            page.close();
        });
    }

    test('SIGTERM lets the running call end, and nobody new in', async () => {
        const { daemon, child, answer, windows } = await startWithCall();
        assert.deepEqual(await daemon.logOf(() => child.kill(), /stopping/),
            ['hufud: stopping after the running calls']);
        await assertClosed(daemon.port);
        assert.equal(child.exitCode, null);
        await windows.type(daemon.pin);
        await assertSigned(await answer, daemon.sandbox.hierarchy, 'x');
        assert.equal(await exitOf(child), 0);
        assert.equal(daemon.log.at(-1), 'hufud: stopped');
    });

    test('SIGHUP after SIGTERM opens no port, and the running call ends', async () => {
        const { daemon, child, answer, windows } = await startWithCall();
        await daemon.logOf(() => child.kill(), /stopping/);
        child.kill('SIGHUP');
        await windows.type(daemon.pin);
        await assertSigned(await answer, daemon.sandbox.hierarchy, 'x');
        await assertClosed(daemon.port);
        assert.equal(await exitOf(child), 0);
    });

    test('a large answer is sent whole before the end', async () => {
        const { daemon } = own;
        const child = await daemon.startAndWait();
        const page = await daemon.openCardPage();
        const text = 'x'.repeat(2 ** 18);
        const answer = page.call('GPKI_SignData', '', text, '', 0, 4);
        const windows = new Windows(daemon);
        await windows.one();
        child.kill();
        await windows.type(daemon.pin);
        await assertSigned(await answer, daemon.sandbox.hierarchy, text);
        assert.equal(await exitOf(child), 0);
    });

    /* A fresh hufud that has signed, for a page that does not read the answer. The answer is more
     * than the buffers of the kernel hold. */
    async function startWithSlowReader() {
        const { daemon } = own;
        const child = await daemon.startAndWait();
        const page = await daemon.openCardPage();
        const connection = await page.connect();
        const text = 'x'.repeat(3 * 2 ** 20);
        const call = page.buildCall('GPKI_SignData', ['', text, '', 0, 4]);
        connection.socket.pause();
        await daemon.logOf(async () => {
            await connection.write(page.requestBytes(formBody(call)));
            await new Windows(daemon).type(daemon.pin);
        }, /function=GPKI_SignData code=0/);
        await daemon.logOf(() => child.kill(), /stopping/);
        return { daemon, child, connection, text };
    }

    test('SIGTERM waits for a page that is slow to read its answer', async () => {
        const { daemon, child, connection, text } = await startWithSlowReader();
        assert.equal(child.exitCode, null);
        await sleep(1000);
        connection.socket.resume();
        const { result } = readAnswer(await connection.receive());
        await assertSigned(result, daemon.sandbox.hierarchy, text);
        assert.equal(await exitOf(child), 0);
    });

    test('SIGTERM waits five seconds for a page that does not read', async () => {
        const start = Date.now();
        const { child, connection } = await startWithSlowReader();
        assert.equal(await exitOf(child), 0);
        assert.ok(Date.now() - start > 5000);
        connection.close();
    });

    test('a second SIGTERM does not wait, and says so', async () => {
        const { daemon, child, answer, window } = await startWithCall();
        await daemon.logOf(() => child.kill(), /stopping/);
        child.kill();
        assert.equal(await answer, '61012');
        assert.equal(await exitOf(child), 0);
        await until('no window', () => !isAlive(window));
    });
});

describe('in the middle of a call', { skip: skipDaemon() }, () => {
    const own = ownDaemon();
    let windows;
    let page;
    let answer;

    /* A page that waits at the PIN window; `answer` resolves with its result, or the error that its
     * script sees. */
    async function startCall(options) {
        const { daemon } = own;
        windows = new Windows(daemon);
        await daemon.startAndWait(options);
        page = await daemon.openCardPage();
        answer = page.call('GPKI_SignData', '', 'x', '', 0, 4).catch((error) => error);
        return windows.one();
    }

    async function assertWorksAgain() {
        const { daemon } = own;
        page.close();
        assert.equal(await page.call('GPKI_GetSlotCount'), '61012');
        await page.echo();
        const signature = await until('a signature', async () => { /* SoftHSM: see Daemon.quiet */
            const result = await page.call('GPKI_SignData', daemon.pin, 'x', '', 0, 4);
            return result.length > 100 && result;
        });
        await assertSigned(signature, daemon.sandbox.hierarchy, 'x');
        page.close();
        process.kill(daemon.pid);
        await until('the end', () => !daemon.isRunning);
    }

    test('kill -9 of hufud takes all along, and the next one serves the page', async () => {
        const { daemon } = own;
        const window = await startCall();
        const all = [window, daemon.monitor, ...daemon.workers];
        process.kill(daemon.pid, 'SIGKILL');
        assert.ok(await answer instanceof Error);
        await until('the end of all', () => !all.some(isAlive));
        await daemon.startAndWait();
        await assertWorksAgain();
    });

    test('kill -9 of the monitor ends hufud with a failure, for systemd to see', async () => {
        const { daemon } = own;
        const window = await startCall();
        const all = [window, daemon.pid, ...daemon.workers];
        const lines = await daemon.logOf(() => process.kill(daemon.monitor, 'SIGKILL'), /stopped/);
        assert.ok(lines.includes('hufud: the monitor has ended'), lines.join('\n'));
        const result = await answer;
        assert.ok(result instanceof Error || /^61012$/.test(result), result);
        await until('the end of all', () => !all.some(isAlive));
        await daemon.startAndWait();
        await assertWorksAgain();
    });

    test('kill -9 of the worker is a code for that call, and nothing for the next', async () => {
        const window = await startCall();
        process.kill(page.worker, 'SIGKILL');
        assert.match(await answer, /^61\d{3}$/);
        await until('no window', () => !isAlive(window));
        const again = page.call('GPKI_SignData', '', 'x', '', 0, 4);
        await windows.type(own.daemon.pin);
        await assertSigned(await again, own.daemon.sandbox.hierarchy, 'x');
        page.close();
        process.kill(own.daemon.pid);
        await until('the end', () => !own.daemon.isRunning);
    });

    /* Of a suspend, processes see that all of them stood still; for the card's side, see readers. */
    test('all that stand still for a while, and go on, go on with the call', async () => {
        const { daemon } = own;
        const window = await startCall();
        const all = [daemon.pid, daemon.monitor, ...childrenOf(daemon.monitor), window];
        all.forEach((pid) => process.kill(pid, 'SIGSTOP'));
        await sleep(suspendMs);
        all.forEach((pid) => process.kill(pid, 'SIGCONT'));
        await windows.type(daemon.pin);
        await assertSigned(await answer, daemon.sandbox.hierarchy, 'x');
        assert.equal(await page.call('GPKI_GetSlotCount'), '1');
        page.close();
        process.kill(daemon.pid);
        await until('the end', () => !daemon.isRunning);
    });

    /* The old hufud completes what it has begun; the new one has the ports at once. */
    test('an upgrade costs nobody anything', async () => {
        const { daemon } = own;
        const bin = join(daemon.sandbox.folder, 'bin');
        const names = ['hufud', 'hufu', 'hufu-worker'];
        mkdirSync(bin);
        const install = () => names.forEach((name) => {
            copyFileSync(join(programs, name), join(bin, `${name}.new`));
            renameSync(join(bin, `${name}.new`), join(bin, name));
        });
        install();
        await startCall({ command: join(bin, 'hufud') });
        const { pid } = daemon;
        install();
        await daemon.logOf(() => process.kill(pid), /stopping/);
        await daemon.startAndWait({ command: join(bin, 'hufud') });
        const other = await daemon.openPage();
        assert.equal(await other.call('GPKI_GetSlotCount'), '1');
        assert.ok(isAlive(pid));
        await windows.type(daemon.pin);
        await assertSigned(await answer, daemon.sandbox.hierarchy, 'x');
        await until('the end of the old one', () => !isAlive(pid));
        assert.equal(await other.call('GPKI_GetSlotCount'), '1');
        other.close();
        await assertWorksAgain();
        rmSync(bin, { recursive: true });
    });
});

const activate = 'systemd-socket-activate';

describe('systemd', { skip: skipDaemon(activate) }, () => {
    const own = ownDaemon();

    test('hears when hufud is ready and when it reloads', async (t) => {
        const { daemon } = own;
        const socket = join(daemon.sandbox.folder, 'notify');
        const listener = spawn(activate, ['--datagram', '-l', socket, 'sh', '-c', 'exec cat <&3'],
            { stdio: ['ignore', 'pipe', 'ignore'] });
        t.after(() => listener.kill());
        let heard = '';
        listener.stdout.on('data', (data) => {
            heard += data;
        });
        await until('the socket', () => existsSync(socket));
        const child = await daemon.startAndWait({ env: { NOTIFY_SOCKET: socket } });
        await until('READY=1', () => heard === 'READY=1');
        await daemon.reload();
        await until('RELOADING=1', () => heard === 'READY=1RELOADING=1READY=1');
        child.kill();
        assert.equal(await exitOf(child), 0);
    });

    test('may hold a port for hufud, which opens the others itself', async () => {
        const { daemon } = own;
        const [first, second] = daemon.portsOf('gpki');
        const options = ['-l', `127.0.0.1:${first}`, '-l', `[::1]:${first}`, hufud];
        const child = daemon.start({ command: activate, options });
        await until('the socket', async () => await tryConnect(first, '::1') === undefined);
        await assertServes(daemon, first);
        await assertServes(daemon, second);
        assert.doesNotMatch(daemon.log.join('\n'), /passed by/);
        const page = await daemon.openCardPage({ port: first });
        const environment = readFileSync(`/proc/${page.worker}/environ`, 'latin1');
        assert.doesNotMatch(environment, /LISTEN_/);
        child.kill();
        assert.equal(await exitOf(child), 0);
    });
});

describe('connections', { skip: skipDaemon() }, () => {
    let daemon;

    before(async () => {
        daemon = await startDaemon({ pinentry });
    });

    after(() => daemon?.stop());

    test('are looked at again before a card is used',
        { skip: process.getuid() !== 0 && 'missing: root' }, async () => {
            const page = await daemon.openCardPage();
            const socket = connect(daemon.port, '127.0.0.1');
            const connection = await page.connect({ socket });
            const count = page.requestBytes(formBody(page.buildCall('GPKI_GetSlotCount', [])));
            assert.equal(readAnswer(await connection.exchange(count)).result, '1');
            fchownSync(socket._handle.fd, 65534, 65534);
            const lines = await daemon.logOf(async () => {
                await connection.write(count);
                assert.equal((await connection.closed()).length, 0);
            }, /abandoned/);
            assert.equal(lines.length, 1, lines.join('\n'));
            assert.equal(await page.call('GPKI_GetSlotCount'), '1');
            page.close();
        });

    test('number 513 takes the place of one that never had a request', async () => {
        const page = daemon.newPage();
        const open = [];
        while (open.length < 512) {
            open.push(await page.connect());
        }
        const first = await open[0].exchange(page.requestBytes('Parameter=x'));
        assert.equal(readAnswer(first).result, '61005');
        const lines = await daemon.logOf(() => page.connect());
        assert.deepEqual(lines, ['hufud: connection closed: it made room for another']);
        await open[1].closed();
        for (const connection of [open[0], open[2], open[511]]) {
            const response = await connection.exchange(page.requestBytes('Parameter=x'));
            assert.equal(readAnswer(response).result, '61005');
        }
        page.close();
    });

    test('a crowd without requests keeps no page out, and none that waits is cut off', async () => {
        const page = await daemon.openCardPage();
        const windows = new Windows(daemon);
        const answer = page.call('GPKI_SignData', '', 'x', '', 0, 4);
        await windows.one();
        const crowd = daemon.newPage();
        for (let i = 0; i < 600; i += 1) {
            await (await crowd.connect()).write('POST / HTTP/1.1\r\n');
        }
        const other = daemon.newPage();
        assert.equal((await other.ask('Echo')).result, '0');
        await windows.type(daemon.pin);
        await assertSigned(await answer, daemon.sandbox.hierarchy, 'x');
        [page, crowd, other].forEach((one) => one.close());
    });

    /* What it sends early is not read before its answer is sent, and wakes nobody up. */
    test('of a page that waits cost nothing, and their end is noticed', async () => {
        const page = await daemon.openCardPage();
        const windows = new Windows(daemon);
        const bytes = page.requestBytes(formBody(
            page.buildCall('GPKI_SignData', ['', 'x', '', 0, 4])));
        const socket = connect(daemon.port, '127.0.0.1');
        const connection = await page.connect({ socket });
        await connection.write(bytes);
        const window = await windows.one();
        connection.write(Buffer.concat([bytes, Buffer.alloc(2 ** 20)]));
        const before = daemon.processorTime;
        await sleep(1000);
        assert.ok(daemon.processorTime - before < 0.2);
        const lines = await daemon.logOf(() => socket.resetAndDestroy(), /abandoned/);
        assert.equal(lines.length, 1, lines.join('\n'));
        await until('no window', () => !isAlive(window));
        page.close();
    });

    test('share 16 MiB for their bodies', async () => {
        const mib = 2 ** 20;
        const page = daemon.newPage();
        const partly = async () => {
            const connection = await page.connect();
            const headers = pageHeaders({ host: page.host, length: 8 * mib });
            await connection.write(requestBytes({ headers, body: 'x'.repeat(8 * mib - 1) }));
            return connection;
        };
        const large = [await partly(), await partly()];
        const connection = await page.connect();
        const lines = await daemon.logOf(async () => {
            const response = await connection.exchange(page.requestBytes('x'.repeat(1024)));
            assert.deepEqual([response.status, readAnswer(response).result], [503, '61002']);
            assert.ok(response.headers.some(([, value]) => value === portalOrigin));
            await connection.closed();
        });
        assert.deepEqual(lines, ['hufud: refused: status=503 why=memory']);
        large[0].close();
        await until('room for another',
            async () => (await page.post('x'.repeat(1024))).status === 200);
        page.close();
    });

    /* All at once: the longest takes half a minute. */
    describe('have a time for everything', { concurrency: true }, () => {
        const start = () => {
            const begin = Date.now();
            return (least, most) => {
                const seconds = (Date.now() - begin) / 1000;
                assert.ok(seconds > least && seconds < most, `${seconds}`);
            };
        };

        /* A byte now and then does not prolong it. */
        async function trickle(connection, byte) {
            const timer = setInterval(() => connection.write(byte), 500);
            const rest = await connection.closed();
            clearInterval(timer);
            assert.equal(rest.length, 0);
        }

        test('the handshake: 5 s', async () => {
            const assertTook = start();
            await new Connection(connect(daemon.port, '127.0.0.1')).closed();
            assertTook(4, 10);
        });

        test('a head: 5 s', async () => {
            const connection = await daemon.newPage().connect();
            const assertTook = start();
            await connection.write('POST / HTTP/1.1\r\nX: ');
            await trickle(connection, 'x');
            assertTook(4, 10);
        });

        test('a body: 30 s', async () => {
            const page = daemon.newPage();
            const connection = await page.connect();
            const headers = pageHeaders({ host: page.host, length: 1000 });
            const assertTook = start();
            await connection.write(requestBytes({ headers }));
            await trickle(connection, 'x');
            assertTook(25, 40);
        });

        test('between two requests: 30 s', async () => {
            const page = daemon.newPage();
            const connection = await page.connect();
            const response = await connection.exchange(page.requestBytes('Parameter=x'));
            const assertTook = start();
            assert.equal(response.body, `{"result":"${toBase64('61005')}"}`);
            assert.equal((await connection.closed()).length, 0);
            assertTook(25, 40);
        });
    });
});
