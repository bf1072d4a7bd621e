/* Who gets through the TLS handshake, what is told about those who do not, and that no two
 * connections have anything in common. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';

import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { formBody, pageHeaders, requestBytes } from '../lib/servisign.mjs';

const own = readFileSync('/proc/self/comm', 'utf8').trim();
const anyCipher = ['-cipher', 'ALL:@SECLEVEL=0'];

/* Runs `openssl s_client`; resolves with what it printed and who it was. */
async function sClient(daemon, args, input = '') {
    const child = spawn('openssl',
        ['s_client', '-connect', `127.0.0.1:${daemon.port}`, ...args],
        { stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { output += data; });
    child.stdin.on('error', () => {}); /* it may be gone already */
    child.stdin.end(input);
    await once(child, 'close');
    return { output, program: `openssl (pid ${child.pid})` };
}

/* Sends bytes without TLS; resolves with what came back before the connection was closed. */
async function sendRaw(daemon, bytes) {
    const socket = connectTcp(daemon.port, '127.0.0.1');
    const received = [];
    socket.on('data', (data) => received.push(data));
    socket.write(bytes);
    await once(socket, 'close');
    return { output: Buffer.concat(received), program: `${own} (pid ${process.pid})` };
}

/* Does it until hufud tells, which it does once a second at least; resolves with the output. */
async function told(daemon, action, line) {
    return until(`"${line}" in the log`, async () => {
        const before = daemon.log.length;
        const { output, program } = await action();
        const whole = `hufud: TLS refused ${line} by ${program}`;
        return daemon.log.slice(before).includes(whole) && { output };
    });
}

const u16 = (number) => [number >> 8, number & 0xff];
const record = (version, body) => Buffer.from([22, ...u16(version), ...u16(body.length), ...body]);

/* A ClientHello as a program of long ago wrote it, without extensions. */
function oldHello(version) {
    const body = [...u16(version), ...Array(32).fill(7), 0, ...u16(2), 0, 0x2f, 1, 0];
    return record(version, [1, 0, ...u16(body.length), ...body]);
}

/* The same in the form of SSL 2.0. */
function ssl2Hello(version) {
    const body = [1, ...u16(version), ...u16(3), ...u16(0), ...u16(16), 0, 0, 0x2f,
        ...Array(16).fill(7)];
    return Buffer.from([0x80, body.length, ...body]);
}

describe('the TLS handshake', { skip: skipDaemon() }, () => {
    let daemon;
    let page;
    let pid;

    before(async () => {
        daemon = await startDaemon();
        pid = daemon.pid;
        page = await daemon.openPage();
    });

    after(async () => {
        try {
            assert.equal(daemon?.pid, pid);
            assert.equal(await page?.call('GPKI_GetSlotCount'), '1');
        } finally {
            await daemon?.stop();
        }
    });

    describe('is made', () => {
        for (const [what, args, expected] of [
            ['with TLS 1.2', ['-tls1_2'], /Cipher is ECDHE-ECDSA-(AES\d+-GCM|CHACHA20)/],
            ['with TLS 1.3', ['-tls1_3'], /Cipher is TLS_(AES|CHACHA20)/],
            ['without a name', ['-noservername'], /Cipher is TLS_/],
            ['for localhost', ['-servername', 'localhost'], /Cipher is TLS_/],
            ['with http/1.1', ['-alpn', 'h2,http/1.1'], /ALPN protocol: http\/1\.1/],
            ['without ALPN', [], /No ALPN negotiated/],
            ['without compression', ['-comp', '-tls1_2'], /Compression: NONE/],
        ]) {
            test(what, async () => {
                const { output } = await sClient(daemon,
                    ['-verify_return_error', '-CAfile', daemon.certificate, ...args]);
                assert.match(output, expected);
                assert.match(output, /Verify return code: 0 \(ok\)/);
            });
        }
    });

    describe('is refused', () => {
        const [version, handshake, name, protocol] = [70, 40, 112, 120];
        const another = '(61013): a name other than localhost asked for';
        const cipher = '(61013): no cipher in common offered';
        for (const [what, args, alert, line] of [
            ['TLS 1.0', ['-tls1', ...anyCipher], version, '(61008): TLS 1.0 offered'],
            ['TLS 1.1', ['-tls1_1', ...anyCipher], version, '(61008): TLS 1.1 offered'],
            ['CBC', ['-tls1_2', '-cipher', 'ECDHE+AES+SHA1:ECDHE+AES+SHA256:ECDHE+AES+SHA384'],
                handshake, cipher],
            ['RSA key exchange', ['-tls1_2', '-cipher', 'kRSA'], handshake, cipher],
            ['DHE', ['-tls1_2', '-cipher', 'kDHE'], handshake, cipher],
            ['no encryption', ['-tls1_2', '-cipher', 'eNULL:aNULL:@SECLEVEL=0'],
                handshake, cipher],
            ['a finite field in TLS 1.3', ['-tls1_3', '-groups', 'ffdhe2048'], handshake,
                '(61013): no key exchange in common offered'],
            ['another name', ['-servername', 'evil.example'], name, another],
            ['localhost as a domain', ['-servername', 'localhost.evil.example'], name, another],
            ['localhost with a dot', ['-servername', 'localhost.'], name, another],
            ['LOCALHOST', ['-servername', 'LOCALHOST'], name, another],
            ['part of the name', ['-servername', 'localhos'], name, another],
            ['h2 only', ['-alpn', 'h2'], protocol, '(61013): no http/1.1 offered'],
        ]) {
            test(what, async () => {
                const { output } = await told(daemon, () => sClient(daemon, args), line);
                assert.match(output, new RegExp(`SSL alert number ${alert}\\b`));
                assert.match(output, /Cipher is \(NONE\)/);
            });
        }

        const noTls = '(61013): something other than TLS sent';
        for (const [what, bytes, line] of [
            ['SSL 3.0', oldHello(0x0300), '(61008): SSL 3.0 offered'],
            ['TLS 1.0 of long ago', oldHello(0x0301), '(61008): TLS 1.0 offered'],
            ['SSL 2.0', ssl2Hello(0x0002), '(61008): SSL 2.0 offered'],
            ['SSL 3.0 in a hello of SSL 2.0', ssl2Hello(0x0300), '(61008): SSL 3.0 offered'],
            ['HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
                '(61013): HTTP without TLS sent'],
            ['HTTP to a proxy', 'CONNECT localhost:443 HTTP/1.1\r\n\r\n',
                "(61013): a proxy's request sent"],
            ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', noTls],
            ['noise', Buffer.from([...Array(300).keys()].map((i) => (i * 89 + 41) & 0xff)), noTls],
            ['NULs', Buffer.alloc(100), noTls],
            ['a ClientHello that lies about its length',
                record(0x0301, [1, 0, ...u16(4), 3, 3, 255, 255]),
                '(61013): a broken handshake made'],
        ]) {
            test(`${what}, without a byte of HTTP`, async () => {
                const { output } = await told(daemon, () => sendRaw(daemon, bytes), line);
                assert.ok(output.length === 0 || output[0] === 21 && output.length === 7,
                    `nothing or an alert, not ${output.toString('hex')}`);
            });
        }
    });

    test('by a client that does not trust the certificate is told', async () => {
        for (const version of ['-tls1_2', '-tls1_3']) {
            const { output } = await told(daemon,
                () => sClient(daemon, ['-verify_return_error', version]),
                "(61915): hufu's certificate not trusted");
            assert.match(output, /self-signed certificate/);
        }
    });

    test('that is cut off is no failure', async () => {
        const lines = await daemon.logOf(async () => {
            const socket = connectTcp(daemon.port, '127.0.0.1');
            await once(socket, 'connect');
            socket.end();
            await once(socket.resume(), 'close');
            await told(daemon, () => sendRaw(daemon, Buffer.alloc(100)),
                '(61013): something other than TLS sent');
        });
        assert.deepEqual(lines.filter((line) => line.includes('broken')), []);
    });

    test('is told once a second when many fail', async () => {
        const start = Date.now();
        const before = daemon.log.length;
        for (let round = 0; round < 40; round += 1) {
            await sendRaw(daemon, Buffer.alloc(8));
        }
        const lines = () => daemon.log.slice(before)
            .filter((line) => line.startsWith('hufud: TLS refused ('));
        assert.ok(lines().length <= 10 + (Date.now() - start) / 1000 + 1, `${lines().length}`);
        await told(daemon, () => sendRaw(daemon, Buffer.alloc(8)),
            '(61013): something other than TLS sent');
        assert.match(daemon.log.slice(before).join('\n'), /TLS refused: \d+ more before this/);
    });

    test('is not made twice on a connection', async () => {
        const { output } = await sClient(daemon, ['-tls1_2'], 'R\n');
        assert.match(output, /RENEGOTIATING\n.*no renegotiation/);
    });

    /* Else every website could push out of the use log what others did. */
    test('that fails is in the use log once in ten minutes', async () => {
        await told(daemon, () => sClient(daemon, ['-tls1_1', ...anyCipher]),
            '(61008): TLS 1.1 offered');
        const { events } = JSON.parse(await daemon.sandbox.hufu('log', '--json'));
        const [{ time, code, ...event }, ...more] = events.filter(({ use }) => use === 'tls');
        assert.deepEqual(event, { origin: null, use: 'tls', ok: false });
        assert.ok([61008, 61915].includes(code), `${code}`);
        assert.ok(Math.abs(new Date(time) - Date.now()) < 300_000, time);
        assert.deepEqual(more, []);
    });

    /* --- nothing is resumed --- */

    /* One request on a connection of its own; resolves with what could be resumed from it. */
    async function visit(options) {
        const body = formBody({ functionname: 'Echo', ...page.trailer() });
        const headers = pageHeaders({ host: page.host, length: Buffer.byteLength(body) });
        const socket = connectTls({
            host: '127.0.0.1', port: daemon.port, servername: 'localhost',
            ca: readFileSync(daemon.certificate), ...options,
        });
        const sessions = [];
        socket.on('session', (session) => sessions.push(session));
        await once(socket, 'secureConnect');
        socket.write(requestBytes({ headers, body }));
        await once(socket, 'data');
        const result = {
            sessions, session: socket.getSession(), ticket: socket.getTLSTicket(),
            reused: socket.isSessionReused(),
        };
        socket.destroy();
        return result;
    }

    for (const version of ['TLSv1.2', 'TLSv1.3']) {
        test(`${version}: no ticket is given, no session is resumed`, async () => {
            const options = { minVersion: version, maxVersion: version };
            const first = await visit(options);
            assert.equal(first.ticket, undefined);
            assert.equal(version === 'TLSv1.3' ? first.sessions.length : 0, 0);
            const second = await visit({ ...options, session: first.session });
            assert.equal(second.reused, false);
        });
    }
});

describe('[tls] min', { skip: skipDaemon() }, () => {
    const warning = 'hufud: warning: hufu.ini allows TLS 1.1, which is not secure';
    let daemon;

    before(async () => {
        daemon = await startDaemon();
    });

    after(() => daemon?.stop());

    const cipherOf = async (...args) => (
        (await sClient(daemon, args)).output.match(/Cipher is (.*)/)[1]);

    test('1.1 lets an old program in, with a warning at each start and reload', async () => {
        await daemon.configure({ tls: { min: '1.1' } });
        for (let i = 0; i < 2; i += 1) {
            assert.deepEqual(await daemon.reload(), [warning, 'hufud: reloaded']);
        }
        assert.match(await cipherOf('-tls1_1', ...anyCipher), /^ECDHE-ECDSA-AES\d+-SHA$/);
        await told(daemon, () => sClient(daemon, ['-tls1', ...anyCipher]),
            '(61008): TLS 1.0 offered');
        assert.equal(await cipherOf('-tls1_1', '-cipher', 'kRSA:kDHE:@SECLEVEL=0'), '(NONE)');
    });

    test('1.1 changes nothing for others', async () => {
        await daemon.configure({ tls: { min: '1.1' } });
        assert.equal(await cipherOf('-tls1_2', '-cipher', 'ECDHE+AES+SHA1'), '(NONE)');
        assert.match(await cipherOf('-tls1_2', ...anyCipher), /GCM/);
        assert.match(await cipherOf(...anyCipher), /^TLS_/);
    });

    test('1.3 refuses 1.2', async () => {
        await daemon.configure({ tls: { min: '1.3' } });
        await told(daemon, () => sClient(daemon, ['-tls1_2']), '(61008): TLS 1.2 offered');
        assert.match(await cipherOf('-tls1_3'), /^TLS_/);
    });

    test('1.2 is what is without it', async () => {
        await daemon.configure({ tls: { min: '1.1' } });
        await daemon.configure();
        assert.equal(await cipherOf('-tls1_1', ...anyCipher), '(NONE)');
        assert.match(await cipherOf('-tls1_2'), /GCM/);
    });

    test('1.0 is a mistake', async () => {
        appendFileSync(daemon.settingsFile, '[tls]\nmin = 1.0\n');
        assert.match((await daemon.reload()).join('\n'), /^hufud: reload failed, .*hufu\.ini/);
        assert.equal(await cipherOf('-tls1', ...anyCipher), '(NONE)');
        await daemon.configure();
    });

    test('a start with 1.1 warns as well', async () => {
        const other = await startDaemon({ more: ['--no-daemon'] });
        try {
            appendFileSync(other.settingsFile, '[tls]\nmin = 1.1\n');
            await other.startAndWait();
            assert.ok(other.log.includes(warning), other.log.join('\n'));
        } finally {
            await other.stop();
        }
    });
});

test('a new certificate is used after a reload', { skip: skipDaemon() }, async () => {
    const daemon = await startDaemon();
    const shown = async () => (await sClient(daemon, [])).output.match(/-----BEGIN[^]*-----END/)[0];
    try {
        const page = await daemon.openPage();
        const first = await shown();
        rmSync(dirname(daemon.certificate), { recursive: true });
        await daemon.sandbox.hufu('trust', 'install');
        assert.equal(await shown(), first);
        assert.deepEqual(await daemon.reload(), ['hufud: reloaded']);
        assert.notEqual(await shown(), first);
        assert.ok(readFileSync(daemon.certificate, 'utf8').includes(await shown()));
        assert.equal(await page.call('GPKI_GetSlotCount'), '1');
    } finally {
        await daemon.stop();
    }
});
