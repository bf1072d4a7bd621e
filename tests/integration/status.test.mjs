/* hufu trust status and the hufud that runs: whom it finds, and what it makes of it. */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import {
    appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { writeLeaf } from '../lib/leaf.mjs';
import { makeIdentity } from '../lib/portal.mjs';

const run = promisify(execFile);
const dataFolder = fileURLToPath(new URL('../../data', import.meta.url));
const notRunning = 'hufud is not running, so no handshake was made. Run: hufud';

describe('hufu trust status', { skip: skipDaemon('certutil') }, () => {
    let daemon;
    let ports;
    let chromium;

    before(async () => {
        daemon = await startDaemon({ more: ['--no-daemon'] });
        const { home } = daemon.sandbox;
        ports = join(home, '.local/state/hufu/ports');
        chromium = join(home, '.local/share/pki/nssdb');
        appendFileSync(daemon.settingsFile, '\n[trust]\nkeep = no\n');
        await daemon.startAndWait();
        await trust('install');
    });

    after(() => daemon?.stop());

    /* Answers that are not ok end with 1. */
    async function trust(verb, ...args) {
        const { stdout, stderr } = await run(join(daemon.sandbox.bin, 'hufu'),
            ['trust', verb, '--json', ...args], { env: daemon.sandbox.env() })
            .catch((error) => error);
        assert.equal(stderr, '');
        return JSON.parse(stdout);
    }

    async function summary() {
        const { port, ok, step, stores } = await trust('status');
        return { port, ok, step, stores: stores.map((store) => [store.state, store.handshake]) };
    }

    const proved = () => ({
        port: daemon.port, ok: true, step: '', stores: [['trusted', 'passed']],
    });

    const listed = () => readFileSync(ports, 'utf8').split('\n').slice(0, -1).map(Number);

    /* In the place of hufud, on its first port, as long as `action` takes. */
    async function instead(server, action) {
        const connections = new Set();
        server.on('connection', (socket) => {
            connections.add(socket);
            socket.on('error', () => {});
        });
        server.on('tlsClientError', () => {});
        await new Promise((resolve) => server.listen(daemon.port, '127.0.0.1', resolve));
        writeFileSync(ports, `${daemon.port}\n`);
        try {
            await action();
        } finally {
            connections.forEach((socket) => socket.destroy());
            await new Promise((resolve) => server.close(resolve));
        }
    }

    async function end(signal = 'SIGTERM') {
        process.kill(daemon.pid, signal);
        await until('the end of hufud', () => !daemon.isRunning);
    }

    it('proves trust with a handshake', async () => {
        assert.deepEqual(await summary(), proved());
    });

    it('finds hufud on the ports that it wrote down', async () => {
        const three = daemon.portsOf('gpki');
        assert.equal(statSync(ports).mode & 0o777, 0o600);
        assert.deepEqual(listed().slice(0, 3), three);
        daemon.addProduct('more', { component: 'gpki', ports: '47211 47212 47213' });
        await daemon.reload();
        assert.deepEqual(listed().slice(-3), [47211, 47212, 47213]);
        writeFileSync(ports, `9\n${three[2]}\n`);
        assert.deepEqual(await summary(), { ...proved(), port: three[2] });
        await daemon.reload();
        assert.deepEqual(listed().slice(0, 3), three);
    });

    it('is not told to hufud, whatever comes of it', async () => {
        const before = daemon.log.length;
        const [nickname] = execFileSync('certutil', ['-L', '-d', `sql:${chromium}`],
            { encoding: 'utf8' }).match(/hufu localhost .*\S(?= +\S*,\S*,)/);
        for (const flags of [',,', 'C,,', 'P,,']) {
            execFileSync('certutil', ['-M', '-d', `sql:${chromium}`, '-n', nickname, '-t', flags]);
            assert.deepEqual(await summary(), {
                port: daemon.port, ok: false, step: 'Run: hufu trust install',
                stores: [['absent', 'failed']],
            }, flags);
        }
        assert.deepEqual(daemon.log.slice(before), []);
        await trust('install');
        assert.deepEqual(await summary(), proved());
    });

    it('sees that hufud still shows an older certificate', async () => {
        unlinkSync(join(dirname(daemon.certificate), 'leaf.key'));
        assert.equal((await trust('install')).stores[0].state, 'added');
        assert.deepEqual(await summary(), {
            port: daemon.port,
            ok: false,
            step: 'hufud still uses an older certificate. Run: pkill -HUP -x hufud',
            stores: [['trusted', 'failed']],
        });
        await daemon.reload();
        assert.deepEqual(await summary(), proved());
    });

    it('does not wait for a hufud that hangs', async () => {
        process.kill(daemon.pid, 'SIGSTOP');
        try {
            const start = Date.now();
            assert.deepEqual(await summary(), {
                port: null, ok: true, step: notRunning, stores: [['trusted', 'none']] });
            assert.ok(Date.now() - start < 8000, `${Date.now() - start} ms`);
        } finally {
            process.kill(daemon.pid, 'SIGCONT');
        }
        assert.deepEqual(await summary(), proved());
    });

    it('says when hufud does not run, whether it ended well or not', async () => {
        await end('SIGKILL');
        assert.ok(existsSync(ports));
        const answer = { port: null, ok: true, step: notRunning, stores: [['trusted', 'none']] };
        assert.deepEqual(await summary(), answer);
        await daemon.startAndWait();
        await end();
        assert.ok(!existsSync(ports));
        assert.deepEqual(await summary(), answer);
    });

    it('does not take another program for hufud', async () => {
        const { cert, key } = await makeIdentity(join(daemon.sandbox.folder, 'other'), ['localhost']);
        const other = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) });
        await instead(other, async () => assert.deepEqual(await summary(), {
            port: null,
            ok: true,
            step: `Another program answers on hufud's port ${daemon.port}. End it, then run: hufud`,
            stores: [['trusted', 'none']],
        }));
        const answers = [() => {}, (socket) => socket.end(), (socket) => socket.write('HTTP/1.1 200\r\n')];
        for (const answer of answers) {
            await instead(createServer(answer), async () => assert.deepEqual(await summary(), {
                port: null, ok: true, step: notRunning, stores: [['trusted', 'none']] }));
        }
    });

    it('takes nothing else for the file of ports', async () => {
        for (const make of [
            () => execFileSync('mkfifo', [ports]),
            () => mkdirSync(ports),
            () => writeFileSync(ports, 'x'.repeat(100_000)),
            () => writeFileSync(ports, '\0\n-1\n65536\n99999999999999999999\n'),
        ]) {
            rmSync(ports, { recursive: true, force: true });
            make();
            assert.equal((await summary()).step, notRunning);
        }
        rmSync(ports, { recursive: true });
        await daemon.startAndWait();
        assert.deepEqual(await summary(), proved());
    });

    it('leaves the file to the hufud that runs when a second one finds it there', async () => {
        const second = spawn(join(daemon.sandbox.bin, 'hufud'),
            ['--data', dataFolder, ...process.getuid() === 0 ? ['--allow-root'] : []],
            { env: daemon.sandbox.env(), stdio: 'ignore' });
        const [code] = await new Promise((resolve) => {
            second.on('exit', (...end) => resolve(end));
        });
        assert.equal(code, 0);
        assert.deepEqual(await summary(), proved());
    });

    it('tells the next certificate as soon as there is one', async () => {
        const folder = dirname(daemon.certificate);
        const day = 86_400_000;
        assert.equal((await trust('status')).next, null);
        writeLeaf(folder, 'leaf', Date.now() + 60 * day);
        const { certificate, next } = await trust('install');
        assert.equal(next.path, join(folder, 'next.pem'));
        assert.notEqual(next.sha256, certificate.sha256);
        assert.ok(Date.parse(next.not_after) > Date.now() + 700 * day);
        await daemon.reload();
        assert.deepEqual(await summary(), proved());
    });
});
