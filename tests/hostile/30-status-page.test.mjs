/* Row 30: the page of `hufu open` is a server on loopback as well: another site, another user or a
 * link reaches it, or a file makes hufud take another page for it. CVE-2024-12641, -12643, -12645. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { browsers } from '../lib/browsers.mjs';
import { visit } from '../lib/consent.mjs';
import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { check, fine, openProgram, report, startOpen, taken } from '../lib/open.mjs';
import { endProcess } from '../lib/processes.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { asNobody, asUser, nobody, skipOtherUser } from './nobody.mjs';
import { startVisit } from './site.mjs';

const skipOpen = !existsSync(openProgram) && `missing: ${openProgram}`;

/* Sends bytes; resolves with all that comes back. */
function sendBytes(port, bytes) {
    return new Promise((resolve) => {
        let answer = '';
        const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
        const late = setTimeout(() => socket.destroy(), 10_000); /* a stream would go on */
        socket.on('data', (data) => { answer += data; }).on('error', () => {});
        socket.on('close', () => {
            clearTimeout(late);
            resolve(answer);
        });
    });
}

async function send(open, method, target, headers = {}, body = '') {
    const all = { Host: `127.0.0.1:${open.port}`, ...headers, ...body && { 'Content-Length': body.length } };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const answer = await sendBytes(open.port, `${method} ${target} HTTP/1.1\r\n${lines}\r\n${body}`);
    const [head, ...rest] = answer.split('\r\n\r\n');
    return { status: Number(head.split(' ')[1]), head, body: rest.join('\r\n\r\n') };
}

/* What the page's own script sends. */
const own = (open, more = {}) => ({
    'Origin': open.origin, 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors',
    'Content-Type': 'application/json', ...more,
});

async function enter(open) {
    const { status, head } = await send(
        open, 'POST', '/session', own(open), JSON.stringify({ token: open.token }));
    assert.equal(status, 204);
    const [, cookie] = head.match(/^Set-Cookie: (\S+=[0-9a-f]{64}); Path=\/; HttpOnly; SameSite=Strict$/m);
    return cookie;
}

/* Commands that change something. */
const changes = (open) => open.calls.filter((call) => !/^(doctor --json|log --json|card )/.test(call));

describe('the server of the status page', { skip: skipOpen }, () => {
    let home;
    let open;

    beforeEach(async () => {
        home = mkdtempSync(join(tmpdir(), 'hufu-open-'));
        open = await startOpen(home, { doctor: report(fine[0], taken, check('odd', 'attention', ['', ''], ['', ''])) });
    });

    afterEach(async () => {
        await open.stop();
        rmSync(home, { recursive: true });
    });

    /* With a stream, so that the doctor has said what can be mended. */
    async function watch(cookie) {
        const socket = connect(open.port, '127.0.0.1', () => socket.write(
            `GET /stream HTTP/1.1\r\nHost: 127.0.0.1:${open.port}\r\nSec-Fetch-Site: same-origin\r\nCookie: ${cookie}\r\n\r\n`));
        let text = '';
        socket.on('data', (data) => { text += data; });
        await until('the report', () => text.includes('event: doctor'));
        return socket;
    }

    test('takes its token once', async () => {
        await enter(open);
        const again = await send(open, 'POST', '/session', own(open), JSON.stringify({ token: open.token }));
        assert.deepEqual([again.status, again.body], [403, '']);
        assert.doesNotMatch(again.head, /Set-Cookie/);
    });

    test('takes no other token', async () => {
        for (const body of [{ token: '' }, { token: '0'.repeat(64) }, { token: open.token.slice(1) },
            { token: `${open.token}0` }, { token: open.token.toUpperCase() }, { token: 1 }, { token: null },
            {}, { token: open.token, more: '' }]) {
            const { status, head } = await send(open, 'POST', '/session', own(open), JSON.stringify(body));
            assert.equal(status, 403, JSON.stringify(body));
            assert.doesNotMatch(head, /Set-Cookie/);
        }
        for (const body of ['[]', 'token', '{"token":', `{"token":["${open.token}"]}`]) {
            assert.equal((await send(open, 'POST', '/session', own(open), body)).status, 400, body);
        }
        await enter(open); /* which all that did not use up */
    });

    test('does nothing without its cookie', async () => {
        const cookie = await enter(open);
        const [name, value] = cookie.split('=');
        for (const other of [undefined, `${name}=`, `${name}=${'0'.repeat(64)}`, `x${cookie}`,
            `${name}=${value.toUpperCase()}`, `${cookie}; ${cookie}`, `hufu-open-1=${value}`]) {
            const more = other === undefined ? {} : { Cookie: other };
            for (const [method, target] of [['GET', '/stream'], ['POST', '/look'], ['POST', '/fix'], ['POST', '/restart']]) {
                const { status, body } = await send(open, method, target, own(open, more), method === 'POST' ? '{"id":"ports"}' : '');
                assert.deepEqual([status, body], [403, ''], `${target} ${other}`);
            }
        }
        assert.deepEqual(open.calls, []);
    });

    test('knows its own address only', async () => {
        const cookie = await enter(open);
        for (const host of ['evil.example', `evil.example:${open.port}`, `localhost:${open.port}`, '127.0.0.1',
            `127.0.0.1:${open.port + 1}`, `[::1]:${open.port}`, `127.1:${open.port}`, `127.0.0.1.:${open.port}`, '']) {
            for (const [method, target] of [['GET', '/'], ['POST', '/restart']]) {
                const { status, body } = await send(open, method, target, own(open, { Host: host, Cookie: cookie }));
                assert.deepEqual([status, body], [403, ''], host);
            }
        }
        assert.deepEqual(open.calls, []);
    });

    test('changes nothing for another origin, whatever its cookie', async () => {
        const cookie = await enter(open);
        for (const more of [
            { 'Origin': 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
            { 'Origin': `http://127.0.0.1:${open.port + 1}`, 'Sec-Fetch-Site': 'same-site' },
            { 'Origin': `http://localhost:${open.port}` }, { 'Origin': 'null' },
            { 'Sec-Fetch-Site': 'same-site' }, { 'Sec-Fetch-Site': 'none' }, { 'Sec-Fetch-Mode': 'navigate' },
        ]) {
            const { status } = await send(open, 'POST', '/restart', own(open, { Cookie: cookie, ...more }));
            assert.equal(status, 403, JSON.stringify(more));
        }
        for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
            assert.equal((await send(open, 'POST', '/restart', own(open, { 'Cookie': cookie, 'Content-Type': type }))).status, 415);
        }
        assert.deepEqual(changes(open), []);
    });

    test('changes nothing by GET', async () => {
        const cookie = await enter(open);
        for (const target of ['/', '/restart', '/fix', '/fix?id=ports', '/look', '/session', `/?${open.token}`, '/restart/']) {
            await send(open, 'GET', target, own(open, { Cookie: cookie }));
            await send(open, 'HEAD', target, own(open, { Cookie: cookie }));
            await send(open, 'OPTIONS', target, own(open, { Cookie: cookie }));
        }
        assert.deepEqual(open.calls, []);
    });

    test('serves no file but its own', async () => {
        writeFileSync(join(home, 'secret.css'), 'secret');
        for (const target of ['/../secret.css', '/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd',
            '/import/../../etc/passwd', '/import/%2e%2e/status.css', '/status/../status.css', '//etc/passwd', '/\\..\\etc\\passwd',
            '/status.css%00.png', '/.%2e/secret.css', '/demo.js', '/server.mjs', '/index.html', 'file:///etc/passwd',
            'http://evil.example/', '/status.css?', '/import', `${home}/secret.css`]) {
            const { status, body } = await send(open, 'GET', target);
            assert.deepEqual([status, body], [404, ''], target);
        }
    });

    test('says nothing of what it was asked in an answer', async () => {
        const { head, body } = await send(open, 'GET', '/<script>alert(1)</script>', { 'X-Odd': 'reflect-me' });
        assert.doesNotMatch(head + body, /script>|reflect-me/);
        const injected = await send(open, 'GET', '/%0d%0aSet-Cookie:%20a=b');
        assert.doesNotMatch(injected.head, /Set-Cookie: a/);
    });

    test('has every answer locked up', async () => {
        for (const [method, target] of [['GET', '/'], ['GET', '/status.js'], ['GET', '/nothing'], ['POST', '/restart']]) {
            const { head } = await send(open, method, target);
            assert.match(head, /^Content-Security-Policy: default-src 'none'; script-src 'self'; [^\r]*frame-ancestors 'none'/m);
            for (const line of ['X-Content-Type-Options: nosniff', 'X-Frame-Options: DENY', 'Cache-Control: no-store',
                'Cross-Origin-Opener-Policy: same-origin', 'Cross-Origin-Resource-Policy: same-origin', 'Connection: close']) {
                assert.ok(head.split('\r\n').includes(line), `${target}: ${line}`);
            }
            assert.doesNotMatch(head, /Access-Control|unsafe-inline|^Location/m);
        }
    });

    test('mends only what the doctor says can be mended', async () => {
        const cookie = await enter(open);
        const socket = await watch(cookie);
        for (const id of ['', 'nothing', 'odd', 'program', '--yes', '-h', 'ports ', 'Ports', '../ports', 'ports;reboot', 'x'.repeat(64)]) {
            const { status } = await send(open, 'POST', '/fix', own(open, { Cookie: cookie }), JSON.stringify({ id }));
            assert.equal(status, 404, id);
        }
        for (const body of ['{}', '{"id":1}', '{"id":"ports","more":"x"}']) {
            assert.equal((await send(open, 'POST', '/fix', own(open, { Cookie: cookie }), body)).status, 400);
        }
        assert.deepEqual(changes(open), []);
        assert.equal((await send(open, 'POST', '/fix', own(open, { Cookie: cookie }), '{"id":"ports"}')).status, 202);
        await until('the call', () => changes(open).length > 0);
        assert.deepEqual(changes(open), ['doctor --fix ports --yes --json']);
        socket.destroy();
    });

    test('reads one request a connection, and no other framing', async () => {
        const cookie = await enter(open);
        const head = (more) => `POST /restart HTTP/1.1\r\nHost: 127.0.0.1:${open.port}\r\nOrigin: ${open.origin}\r\n`
            + `Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nCookie: ${cookie}\r\n${more}\r\n`;
        for (const bytes of [
            head('Transfer-Encoding: chunked\r\n') + '0\r\n\r\n', head('Content-Length: 0\r\nContent-Length: 0\r\n'),
            head('Content-Length: 4096\r\n'), head('Content-Length: 0\r\n') + head('Content-Length: 0\r\n'),
            head('').replaceAll('\r\n', '\n'), head('').replace('HTTP/1.1', 'HTTP/1.0'), head('Upgrade: websocket\r\n'),
        ]) {
            const answer = await sendBytes(open.port, bytes);
            assert.match(answer, /^HTTP\/1\.1 4\d\d /, bytes);
        }
        assert.deepEqual(changes(open), []);
    });

    test('goes on while others keep connections open', async () => {
        const idle = Array.from({ length: 100 }, () => connect(open.port, '127.0.0.1').on('error', () => {}));
        await Promise.all(idle.map((socket) => once(socket, 'connect').catch(() => {})));
        idle.forEach((socket) => socket.write('GET / HT'));
        assert.equal((await send(open, 'GET', '/')).status, 200);
        await enter(open);
        idle.forEach((socket) => socket.destroy());
    });

    test('ends quietly', async () => {
        open.signal('SIGTERM');
        assert.equal(await open.ended, 0);
        assert.equal(readFileSync(join(home, '.local/state/hufu/pages'), 'utf8'), '');
    });

    test('reads no byte of another user', { skip: skipOtherUser || skipWithout('setpriv') }, async () => {
        const script = `const s = require("net").connect(${open.port}, "127.0.0.1"); let n = 0;`
            + `s.on("connect", () => s.write("GET / HTTP/1.1\\r\\nHost: 127.0.0.1:${open.port}\\r\\n\\r\\n"))`
            + '.on("data", (d) => { n += d.length; }).on("error", () => {}).on("close", () => console.log(n));';
        const result = spawnSync(...asNobody(script), { encoding: 'utf8', timeout: 20_000 });
        assert.equal(result.stdout, '0\n', result.stderr);
        await until('a line', () => open.log.some((line) => /another user/.test(line)));
    });
});

for (const browser of browsers) {
    describe(`a page that means harm to it, in ${browser.name}`,
        { skip: skipDaemon(...browser.needs, 'certutil') || skipOpen }, () => {
            let harm;
            let open;
            let page;

            before(async () => {
                harm = await startVisit(browser, { host: 'evil.example' });
                open = await startOpen(harm.daemon.sandbox.home, { env: harm.daemon.sandbox.env(), doctor: report(taken) });
                page = await harm.opened.newPage();
                await page.goto(open.address);
                await until('the page', () => page.evaluate(() => (
                    document.getElementById('answer')?.dataset.mood === 'trouble')));
            });

            after(async () => {
                await open?.stop();
                await harm?.stop();
            });

            /* All that a script of another origin can send; the browser has the session's cookie. */
            const attack = async (target) => {
                const tries = [];
                for (const path of ['restart', 'fix', 'look', 'session']) {
                    for (const init of [
                        { method: 'POST', body: '{"id":"ports"}', credentials: 'include', mode: 'no-cors' },
                        { method: 'POST', body: '{"id":"ports"}', credentials: 'include',
                            headers: { 'Content-Type': 'application/json' } },
                        { credentials: 'include', mode: 'no-cors' }]) {
                        tries.push(fetch(`${target}/${path}`, init).catch(() => {}));
                    }
                    navigator.sendBeacon(`${target}/${path}`, '{"id":"ports"}');
                }
                for (const [name, source] of [['img', 'src'], ['script', 'src'], ['iframe', 'src'], ['object', 'data']]) {
                    const node = document.createElement(name);
                    node[source] = `${target}/restart`;
                    document.body.append(node);
                }
                const form = document.createElement('form');
                form.method = 'POST';
                form.enctype = 'text/plain';
                form.action = `${target}/restart`;
                form.target = 'elsewhere';
                const frame = document.createElement('iframe');
                frame.name = 'elsewhere';
                document.body.append(frame, form);
                form.submit();
                await Promise.all(tries);
                await new Promise((resolve) => { setTimeout(resolve, 1000); });
                const read = await fetch(`${target}/`, { credentials: 'include' }).then((r) => r.text()).catch(() => 'unread');
                const script = await new Promise((resolve) => {
                    const node = document.createElement('script');
                    Object.assign(node, { src: `${target}/steps.js`, type: 'module',
                        onload: () => resolve('loaded'), onerror: () => resolve('refused') });
                    document.body.append(node);
                });
                return [read, script];
            };

            const outcome = async (other) => {
                const found = await other.evaluate(attack, open.origin);
                assert.deepEqual(found, ['unread', 'refused']);
                assert.deepEqual(changes(open), []);
                assert.ok(open.log.some((line) => /refused: status=403/.test(line)), 'nothing arrived');
            };

            test('another site changes nothing', async () => {
                await outcome(await harm.newPage());
            });

            test('nor does another server on this computer, which gets the cookie', async () => {
                let cookies = '';
                const server = createServer((request, response) => {
                    cookies += request.headers.cookie ?? '';
                    response.setHeader('Content-Type', 'text/html');
                    response.end('<!doctype html><title>x</title><body>');
                }).listen(0, '127.0.0.1');
                await once(server, 'listening');
                const other = await harm.opened.newPage();
                await other.goto(`http://127.0.0.1:${server.address().port}/`);
                await outcome(other);
                assert.doesNotMatch(cookies, new RegExp(open.token));
                server.close();
                server.closeAllConnections();
            });

            test('the page itself still works', async () => {
                await page.evaluate(() => fetch('look', { method: 'POST', headers: { 'Content-Type': 'application/json' } })
                    .then(({ status }) => { if (status !== 202) { throw new Error(`${status}`); } }));
            });
        });
}

describe('hufud and the origin of a status page', { skip: skipDaemon() || skipOpen }, () => {
    let daemon;
    let server;
    let port;
    let file;
    let self;

    const started = (pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ')[19];
    const say = (...rows) => writeFileSync(file, rows.map((row) => `${row.join(' ')}\n`).join(''));
    const status = (from = port) => visit(daemon.newPage({ origin: `http://127.0.0.1:${from}` }));

    before(async () => {
        daemon = await startDaemon();
        file = join(daemon.sandbox.home, '.local/state/hufu/pages');
        server = createServer().listen(0, '127.0.0.1');
        await once(server, 'listening');
        ({ port } = server.address());
        self = [process.pid, started(process.pid)];
    });

    after(async () => {
        server?.close();
        await daemon?.stop();
    });

    const startHere = () => startOpen(daemon.sandbox.home, { env: daemon.sandbox.env() });

    test('no file: it is unknown', async () => {
        rmSync(file, { force: true });
        assert.equal(await status(), 403);
    });

    test('a file that names another program is no permission', async () => {
        say([port, ...self]); /* all of it is true but that this is hufu */
        assert.equal(await status(), 403);
    });

    test('nor one that says more than ports', async () => {
        writeFileSync(file, `https://evil.example ${self.join(' ')}\n${port} ${self.join(' ')} all\nallow = http://127.0.0.1:${port}\n`);
        assert.equal(await status(), 403);
        assert.equal(await visit(daemon.newPage({ origin: 'https://evil.example' })), 403);
    });

    test('a page that runs may see, read and sign, at its own origin', async () => {
        const open = await startHere();
        assert.equal(await status(open.port), 200);
        for (const origin of [`http://localhost:${open.port}`, `https://127.0.0.1:${open.port}`, `http://127.0.0.1:${open.port + 1}`,
            `http://127.0.0.2:${open.port}`, `http://[::1]:${open.port}`, 'http://127.0.0.1', 'https://evil.example', 'null']) {
            assert.equal(await visit(daemon.newPage({ origin })), 403, origin);
        }
        const page = await daemon.openPage({ origin: open.origin });
        assert.equal(await page.call('GPKI_GetSlotCount'), '1');
        assert.match(await page.call('GPKI_EnumCerts', 0), /^MII/);
        await open.stop();
        assert.equal(await status(open.port), 403);
    });

    test('a PIN of it counts for nothing', async () => {
        const open = await startHere();
        await daemon.configure({ pin: { program: '/bin/false' } });
        const page = await daemon.openPage({ origin: open.origin });
        assert.equal(await page.call('GPKI_SignData', daemon.pin, 'x', '', 0, 4), '');
        assert.equal(await page.lastError(), 5074); /* a person would have been asked */
        await open.stop();
        await daemon.configure();
    });

    test('who was refused stays refused', async () => {
        const open = await startHere();
        await daemon.sandbox.hufu('sites', 'refuse', open.origin);
        await until('the refusal', async () => await status(open.port) === 403);
        await daemon.sandbox.hufu('sites', 'forget', open.origin);
        await until('the permission', async () => await status(open.port) === 200);
        await open.stop();
    });

    test('a row that was left behind is none', async () => {
        const open = await startHere();
        assert.equal(await status(open.port), 200);
        open.signal('SIGKILL');
        await open.ended;
        assert.match(readFileSync(file, 'utf8'), new RegExp(`^${open.port} `, 'm'));
        assert.equal(await status(open.port), 403);
        const heir = createServer().listen(open.port, '127.0.0.1'); /* its port goes to another program */
        await once(heir, 'listening');
        assert.equal(await status(open.port), 403);
        say([open.port, ...self]);
        assert.equal(await status(open.port), 403);
        heir.close();
    });

    test('the number and the start have to be those of the process', async () => {
        const open = await startHere();
        const start = started(open.pid);
        for (const row of [[open.port, process.pid, start], [open.port, open.pid, Number(start) + 1],
            [open.port, ...self], [open.port + 1, open.pid, start], [port, open.pid, start]]) {
            say(row);
            await sleep(10);
            assert.equal(await status(row[0]), 403, row.join(' '));
        }
        say([open.port, open.pid, start]);
        assert.equal(await status(open.port), 200);
        await open.stop();
    });

    test('another user has no page here', { skip: skipOtherUser || skipWithout('setpriv') }, async () => {
        const folder = mkdtempSync(join(tmpdir(), 'hufu-other-'));
        chmodSync(folder, 0o755);
        const program = join(folder, 'hufu'); /* the name is right */
        copyFileSync(process.execPath, program);
        chmodSync(program, 0o755);
        const script = 'const s = require("net").createServer().listen(0, "127.0.0.1", () => console.log(s.address().port));';
        const [command, [...args]] = asUser(nobody, script);
        const at = args.indexOf(process.execPath);
        const child = spawn(command, args.with?.(at, program) ?? args.map((word, i) => (i === at ? program : word)),
            { stdio: ['ignore', 'pipe', 'inherit'] });
        const [line] = await once(child.stdout, 'data');
        const theirs = Number(String(line));
        say([theirs, child.pid, started(child.pid)]);
        assert.equal(await status(theirs), 403);
        await endProcess(child);
        rmSync(folder, { recursive: true });
    });
});
