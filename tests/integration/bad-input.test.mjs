/* What no page would send, and what only a hostile one would: each has its documented answer and
 * its line in the log, and a second page goes on undisturbed. Origins, names and the like have
 * files of their own in tests/hostile. */
import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { add, drop, fill, headerOf, headers, rename, repeat, set } from '../lib/requests.mjs';
import {
    Connection, formBody, pageHeaders, portalOrigin, readAnswer, requestBytes, toBase64,
} from '../lib/servisign.mjs';

const neighbourOrigin = 'https://neighbour.example.tw';
const kib = 1024;
const mib = 1024 * kib;

/* Makes the head as long as that, with its line ends. */
const total = (bytes) => headers((list) => [...list,
    ['X-Fill', 'f'.repeat(bytes - requestBytes({ headers: [...list, ['X-Fill', '']] }).length)]]);

/* One row for each value: [its name, what it changes]. */
const each = (what, values, change) => values.map(
    (value) => [`${what} "${value.slice(0, 60)}"`, change(value)]);

describe('bad input', { skip: skipDaemon() }, () => {
    let daemon;
    let page;
    let neighbour;
    let pid;
    let connection;

    before(async () => {
        daemon = await startDaemon();
        await daemon.configure({ sites: [portalOrigin, neighbourOrigin] });
        page = await daemon.openPage();
        neighbour = await daemon.openPage({ origin: neighbourOrigin });
        pid = daemon.pid;
    });

    beforeEach(async () => {
        connection = await page.connect();
    });

    afterEach(() => page.close());

    after(async () => {
        try {
            assert.equal(daemon?.pid, pid);
            assert.equal(await neighbour?.call('GPKI_DetectCard', 0), '1');
        } finally {
            await daemon?.stop();
        }
    });

    const echo = () => formBody({ functionname: 'Echo', ...page.trailer() });

    /* The bytes of an echo with something wrong. */
    function request({ method, target, body = echo(), headers: change } = {}) {
        const list = pageHeaders({ host: page.host, length: Buffer.byteLength(body) });
        return requestBytes({ method, target, headers: change ? change(list) : list, body });
    }

    /* Runs `action` while the neighbour works; resolves with the log's lines about `action`. */
    async function besideNeighbour(action) {
        const lines = await daemon.logOf(async () => {
            const [, detected] = await Promise.all([
                action(), neighbour.call('GPKI_DetectCard', 0)]);
            assert.equal(detected, '1');
        });
        assert.equal(await neighbour.call('GPKI_DetectCard', 0), '1');
        return lines.filter((line) => !line.includes(neighbourOrigin));
    }

    describe('that the gate refuses', () => {
        const [explained, silent] = [`{"result":"${toBase64('61013')}"}`, ''];
        const statuses = {
            400: { body: silent, cors: undefined },
            403: { body: silent, cors: undefined },
            404: { body: explained, cors: portalOrigin },
            405: { body: explained, cors: undefined },
            413: { body: silent, cors: undefined },
            415: { body: explained, cors: portalOrigin },
            431: { body: silent, cors: undefined },
        };

        const groups = [
            [405, 'method', each('method', [
                'GET', 'PUT', 'DELETE', 'TRACE', 'PATCH', 'CONNECT', 'BREW', 'post',
                "!#$%&'*+-.^_`|~",
            ], (method) => ({ method }))],

            [404, 'path', each('target', [
                '/x', '/?a=b', '//', '/../', '/%2e', '/index.html', 'https://evil.example/',
                'https://localhost/',
            ], (target) => ({ target }))],

            ...['Host', 'Origin', 'Content-Type', 'Sec-Fetch-Mode'].map(
                (name) => [403, name, [[`${name} twice`, repeat(name)]]]),

            [403, 'Sec-Fetch-Mode', each('mode',
                ['navigate', 'no-cors', 'same-origin', 'websocket', ''],
                (mode) => set('Sec-Fetch-Mode', mode))],

            ...[
                ['Via', '1.1 proxy'], ['Forwarded', 'for=192.0.2.1'],
                ['X-Forwarded-For', '192.0.2.1'], ['Upgrade', 'websocket'],
                ['Service-Worker', 'script'], ['Content-Encoding', 'gzip'], ['Expect', '100-continue'],
            ].map(([name, value]) => [403, name, [[`${name}: ${value}`, add(name, value)]]]),

            [400, 'Transfer-Encoding', [
                ['a body in chunks', {
                    headers: (list) => add('Transfer-Encoding', 'chunked')
                        .headers(drop('Content-Length').headers(list)),
                    body: '1;extension\r\nx\r\n0\r\n\r\n',
                }],
                ['a body framed in two ways', add('Transfer-Encoding', 'chunked')],
                ['a body framed by nothing', add('Transfer-Encoding', 'identity')],
            ]],

            [400, 'Content-Length', [
                ['Content-Length twice', repeat('Content-Length')],
                ['a length with a sign', set('Content-Length', () => `+${echo().length}`)],
                ...each('length', ['-1', '0x5', '5, 5', '5 5', '1e3', 'much', ''],
                    (length) => set('Content-Length', length)),
            ]],

            [413, 'Content-Length', each('length',
                [`${8 * mib + 1}`, '9223372036854775807', '18446744073709551616', '9'.repeat(300)],
                (length) => ({ ...set('Content-Length', length), body: '' }))],

            [403, 'Content-Length', [['a preflight with a body', { method: 'OPTIONS' }]]],

            [415, 'Content-Type', [
                ...each('type', [
                    'text/plain', 'multipart/form-data; boundary=x', 'application/json',
                    'application/x-www-form-urlencodedx', '',
                ], (type) => set('Content-Type', type)),
                ['no Content-Type', drop('Content-Type')],
            ]],

            [400, 'syntax', [
                ['space before the colon', rename('Host', 'Host ')],
                ['a line that goes on', set('Origin', `${portalOrigin}\r\n .evil.example`)],
                ['a NUL byte', set('Origin', `${portalOrigin}\0.evil.example`)],
                ['a bare line feed', set('Origin', `${portalOrigin}\nX: y`)],
                ['a bare carriage return', set('Origin', `${portalOrigin}\rX: y`)],
                ['a name of no character', add('', 'x')],
                ['a target with a space', { target: '/ x' }],
                ['a method with a colon', { method: 'A:B' }],
            ]],

            [431, 'headers', [
                ['65 header lines', fill(65)],
                ['16 KiB and a byte of headers', total(16 * kib + 1)],
            ]],
        ];
        const rows = groups.flatMap(
            ([status, why, cases]) => cases.map(([name, change]) => [name, status, why, change]));

        for (const [name, status, why, change] of rows) {
            test(`${status} ${name}`, async () => {
                const { body, cors } = statuses[status];
                const lines = await besideNeighbour(async () => {
                    const response = await connection.exchange(request(change));
                    assert.deepEqual([response.status, response.body], [status, body]);
                    assert.equal(headerOf(response, 'Access-Control-Allow-Origin'), cors);
                    await connection.closed();
                });
                assert.deepEqual(lines, [`hufud: refused: status=${status} why=${why}`]);
            });
        }

        test('method HEAD, whose answer has no body', async () => {
            const lines = await besideNeighbour(async () => {
                await connection.write(request({ method: 'HEAD', body: '' }));
                assert.match(`${await connection.closed()}`, /^HTTP\/1.1 405 [^]*\r\n\r\n$/);
            });
            assert.deepEqual(lines, ['hufud: refused: status=405 why=method']);
        });

        test('before its body has come', async () => {
            const bytes = request({ ...set('Origin', 'null'), body: 'x'.repeat(mib) });
            const head = bytes.subarray(0, bytes.length - mib);
            const response = await connection.exchange(head);
            assert.equal(response.status, 403);
            await connection.closed();
        });

        test('and the page can read why, whatever it still sends', async () => {
            const change = { method: 'PUT', body: 'x'.repeat(8 * mib) };
            const response = await connection.exchange(request(change));
            assert.equal(response.status, 405);
        });

        test('and nothing that old browsers leave out or new ones add', async () => {
            for (const change of [
                headers((list) => list.filter(([name]) => !/^(Sec-|Accept|Referer)/.test(name))),
                headers((list) => list.map(([name, value]) => [name.toLowerCase(), value])),
                set('Content-Type', 'application/x-www-form-urlencoded; charset=UTF-8'),
                set('Content-Type', 'Application/X-WWW-Form-URLEncoded'),
                set('Origin', `${portalOrigin} \t`), /* space around a value is not of it */
                add('Cookie', 'a=b'), add('Sec-Fetch-Later', 'x'), add('X-Odd', '\xff'), fill(64),
            ]) {
                const response = await connection.exchange(request(change));
                assert.equal(readAnswer(response).result, '0');
            }
        });
    });

    describe('that is no request', () => {
        const rows = [
            ['binary noise', 400, '\0\x01\x02\xff\r\n\r\n'],
            ['HTTP/0.9', 400, 'GET /\r\n\r\n'],
            ['HTTP/1.0', 400, 'POST / HTTP/1.0\r\n\r\n'],
            ['the preface of HTTP/2', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
            ['an empty line before it', 400, '\r\nPOST / HTTP/1.1\r\n\r\n'],
            ['a header line without a colon', 400, 'POST / HTTP/1.1\r\nx\r\n\r\n'],
            ['lines that end in line feeds', 400, 'POST / HTTP/1.1\nHost: localhost\n\n'],
            ['an endless header line', 431, `POST / HTTP/1.1\r\nX: ${'x'.repeat(17 * kib)}`],
        ];

        for (const [name, status, text] of rows) {
            test(name, async () => {
                const lines = await besideNeighbour(async () => {
                    const response = await connection.exchange(Buffer.from(text, 'latin1'));
                    assert.deepEqual([response.status, response.body], [status, '']);
                    assert.match(headerOf(response, 'Content-Type'), /^application\/json/);
                    assert.equal(headerOf(response, 'Connection'), 'close');
                    assert.equal(headerOf(response, 'Access-Control-Allow-Origin'), undefined);
                    await connection.closed();
                });
                const why = status === 400 ? 'syntax' : 'headers';
                assert.deepEqual(lines, [`hufud: refused: status=${status} why=${why}`]);
            });
        }

        test('while what is just small enough is one', async () => {
            for (const change of [
                total(16 * kib), { body: `${echo()}&filler=`.padEnd(8 * mib, 'f') }]) {
                const response = await connection.exchange(request(change));
                assert.equal(readAnswer(response).result, '0');
            }
        });
    });

    describe('in a body', () => {
        const base64 = (bytes) => Buffer.from(bytes, 'latin1').toString('base64');
        const field = (text) => () => `Parameter=${text}`;
        const json = (text) => () => `Parameter=${encodeURIComponent(toBase64(text))}`;
        const call = (members) => () => formBody({ ...page.trailer(), ...members });
        const detect = (members) => call({ functionname: 'GPKI_DetectCard', ...members });
        const flaggedValue = (value) => call(
            { functionname: 'x', a_ServiSignBase64Flag: true, a: value });
        const many = (count) => Object.fromEntries(
            Array.from({ length: count }, (_, i) => [`m${i}`, 1]));
        const rows = [
            [61005, 'nothing', () => ''],
            [61005, 'no form', () => JSON.stringify({ functionname: 'Echo' })],
            [61005, 'another field', () => echo().replace('Parameter', 'Parameters')],
            [61005, 'the field twice', () => `${echo()}&${echo()}`],
            [61005, 'an empty field', field('')],
            [61005, 'a percent escape cut short', field('%4')],
            [61005, 'a percent escape that is not hexadecimal', field('%zz%zz')],
            [61005, 'no base64', field('not-base64!')],
            [61005, 'base64 cut short', field('eyJ')],
            [61005, 'base64 for URLs', field(base64('{"a":">>>???"}').replace('/', '_'))],
            [61005, 'bits after the last byte', field('e31%3D')],
            [61005, 'base64 with a line break', field('e30%3D%0A')],

            [61005, 'no JSON', json('<xml/>')],
            [61005, 'two JSON texts', json('{"functionname":"Echo"}{}')],
            [61005, 'JSON cut short', json('{"functionname":"Echo"')],
            ...['[]', '"Echo"', '42', 'null', 'true'].map(
                (text) => [61005, `JSON ${text}`, json(text)]),
            [61005, 'a list as a value', call({ functionname: 'Echo', list: [] })],
            [61005, 'an object as a value', call({ functionname: 'Echo', object: {} })],
            [61005, 'objects in objects, 10 deep',
                json(`${'{"a":'.repeat(10)}1${'}'.repeat(10)}`)],
            [61005, 'objects in objects, 100000 deep',
                json(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)],
            [61005, 'lists in lists, 1000000 deep', json('['.repeat(1_000_000))],
            [61005, 'a duplicate key', json('{"functionname":"Echo","functionname":"Echo"}')],
            [61005, '513 members', json(JSON.stringify(many(513)))],
            [61005, 'a number too large', json('{"functionname":"Echo","n":1e999}')],
            [61005, 'an integer too large',
                json(`{"functionname":"Echo","n":${'9'.repeat(30)}}`)],
            [61005, 'NUL in a text', call({ functionname: 'Ec\0ho' })],
            [61005, 'bytes that are not UTF-8', field(base64('{"functionname":"\xff"}'))],
            [61005, 'half a surrogate pair', json('{"functionname":"\\ud800"}')],
            [61005, 'a byte order mark', json('\ufeff{"functionname":"Echo"}')],

            [61005, 'no function', call({})],
            [61005, 'null as the function', call({ functionname: null })],
            ...['../../bin/sh', 'a b', 'x\n', 'name'.repeat(16), '名'].map((functionname) => (
                [61005, `the function "${functionname.trim()}"`, call({ functionname })])),
            [61005, '17 parameters', call({ functionname: 'x', ...many(17) })],
            [61005, 'a parameter whose name has 65 bytes',
                call({ functionname: 'x', ['n'.repeat(65)]: 1 })],
            [61005, 'a flagged parameter that is not base64', flaggedValue('!')],
            [61003, 'a flagged parameter that is not UTF-8', flaggedValue('/w==')],
            [61003, 'a flagged parameter with NUL', flaggedValue('AA==')],

            [61009, 'a number as PathID', call({ functionname: 'Echo', PathID: 7 })],
            [61012, 'an unknown session', detect({ sessionid: 'x' })],
            [61012, 'a session of 64 KiB', detect({ sessionid: 's'.repeat(64 * kib) })],
            [61012, 'a browser whose name is too long',
                detect({ ServiSignTabMode: 1, sessionid: 's'.repeat(65) })],
        ];

        for (const [code, name, body] of rows) {
            test(`${code} ${name}`, async () => {
                const lines = await besideNeighbour(async () => {
                    const response = await connection.exchange(request({ body: body() }));
                    assert.equal(response.status, 200);
                    assert.equal(headerOf(response, 'Access-Control-Allow-Origin'), portalOrigin);
                    assert.equal(response.body, `{"result":"${toBase64(`${code}`)}"}`);
                });
                assert.equal(lines.length, 1, lines.join('\n'));
                assert.ok(lines[0].startsWith(`hufud: call: origin=${portalOrigin} `), lines[0]);
                assert.match(lines[0], new RegExp(`=${code}\\b`));
            });
        }

        test('what is just small enough', async () => {
            for (const [result, members] of [
                ['0', { functionname: 'Echo', ...many(16), ServiSignFunctionIndex: 1e15 }],
                ['0', { functionname: 'Echo', ['n'.repeat(64)]: 'x' }],
                ['', { functionname: 'n'.repeat(63) }],
                ['', { functionname: 5 }],
            ]) {
                const response = await connection.exchange(request({ body: call(members)() }));
                assert.equal(readAnswer(response).result, result);
            }
        });
    });

    describe('to a function', () => {
        const signed = (data, codePage, flags, hash) => [
            'GPKI_SignData', daemon.pin, data, codePage, flags, hash];
        const rows = [
            [5004, '', 'unknown', () => ['GPKI_Sign']],
            [5004, '', 'in the wrong case', () => ['gpki_signdata']],
            [5004, '', 'of another component', () => ['ATL_InitModule', 'x', '']],
            [5040, '', 'with its parameters missing', () => ['CAPICertGetSubject']],
            [5005, '', 'with one parameter too many', () => ['GPKI_EnumCerts', 0, 0]],
            [5005, '0', 'with twelve too many', () => ['GPKI_GetSlotCount', ...Array(12).fill(0)]],
            ...['many', '-1', '+1', '0x80', '1.5', '99999999999'].map((number) => (
                [5005, '', `with "${number}" for a number`, () => ['GPKI_EnumCerts', number]])),
            [9112, '9112', 'with a slot that is not there', () => ['GPKI_SetReaderSlot', 0, 7]],
            [5067, '', 'with an unknown hash', () => signed('x', '', 0, 7)],
            [5005, '', 'with an unknown code page', () => signed('x', 'EBCDIC', 0, 4)],
            [5008, '', 'with base64 that is none', () => signed('x!', '', 0x2000, 4)],
            [5005, '', 'with a hash of the wrong size',
                () => ['GPKI_PureSign', daemon.pin, 'eHg=', '', 0x2000, 4]],
            [9041, '9041', 'with a PIN of 6 KiB',
                () => ['GPKI_VerifyPIN', 'x'.repeat(6 * kib), 0]],
            [5040, '', 'with zeros for a certificate',
                () => ['CAPICertGetSubject', 'AAAA'.repeat(100), 0]],
        ];

        for (const [code, result, name, call] of rows) {
            test(`${code} ${name}`, async () => {
                const [functionname, ...args] = call();
                const lines = await besideNeighbour(async () => {
                    assert.equal(await page.call(functionname, ...args), result);
                    assert.equal(await page.lastError(), code);
                });
                assert.equal(lines.length, 1, lines.join('\n'));
                assert.match(lines[0], new RegExp(` function=${functionname} code=${code} `));
            });
        }

        test('numbers may be numbers and texts may be plain', async () => {
            const call = { functionname: 'GPKI_EnumCerts', iFlags: 0, ...page.trailer() };
            const response = await connection.exchange(request({ body: formBody(call) }));
            assert.match(readAnswer(response).result, /^[\w+/=]+;[\w+/=]+;$/);
        });
    });

    describe('on a connection', () => {
        const detect = () => page.requestBytes(formBody(page.buildCall('GPKI_DetectCard', [0])));

        test('requests in one piece are answered in their order', async () => {
            const lines = await besideNeighbour(async () => {
                await connection.write(Buffer.concat([request(), detect(), request()]));
                assert.ok('SessionID' in readAnswer(await connection.receive()));
                assert.equal(readAnswer(await connection.receive()).result, '1');
                assert.ok('SessionID' in readAnswer(await connection.receive()));
            });
            assert.equal(lines.length, 1, lines.join('\n')); /* echoes are not calls */
        });

        test('what follows a refused request is not read', async () => {
            const lines = await besideNeighbour(async () => {
                await connection.write(Buffer.concat([request({ method: 'GET' }), detect()]));
                assert.equal((await connection.receive()).status, 405);
                assert.equal((await connection.closed()).length, 0);
            });
            assert.deepEqual(lines, ['hufud: refused: status=405 why=method']);
        });

        test('a request in single bytes is a request', async () => {
            await besideNeighbour(async () => {
                for (const byte of detect()) {
                    await connection.write(Buffer.of(byte));
                }
                assert.equal(readAnswer(await connection.receive()).result, '1');
            });
        });

        test('a page that leaves in the middle of a request disturbs nobody', async () => {
            const bytes = detect();
            const lines = await besideNeighbour(async () => {
                for (const length of [1, 40, bytes.length - 1]) {
                    const other = await page.connect();
                    await other.write(bytes.subarray(0, length));
                    other.close();
                }
            });
            assert.deepEqual(lines, []);
        });

        test('a page that leaves before its answer disturbs nobody', async () => {
            await besideNeighbour(async () => {
                for (let i = 0; i < 20; i += 1) {
                    const other = await page.connect();
                    await other.write(detect());
                    other.close();
                }
            });
            assert.equal(await page.call('GPKI_DetectCard', 0), '1');
        });

        test('a connection that is closed in one direction ends', async () => {
            await besideNeighbour(async () => {
                connection.socket.end(detect());
                await connection.closed();
            });
            assert.equal(await page.call('GPKI_DetectCard', 0), '1');
        });

        test('plain HTTP gets no answer in HTTP', async () => {
            const lines = await besideNeighbour(async () => {
                const socket = connectTcp(page.port, '127.0.0.1');
                const plain = new Connection(socket);
                await plain.write(request());
                assert.doesNotMatch(`${await plain.closed()}`, /HTTP/);
            });
            assert.deepEqual(lines.filter((line) => !/^hufud: TLS refused/.test(line)), []);
        });

        for (const [name, code, options] of [
            ['TLS 1.1', /ALERT_PROTOCOL_VERSION/,
                { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
            ['a cipher without forward secrecy', /HANDSHAKE_FAILURE/,
                { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }],
            ['a cipher that does not vouch for the data', /HANDSHAKE_FAILURE/,
                { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }],
            ['HTTP/2 alone', /NO_APPLICATION_PROTOCOL/, { ALPNProtocols: ['h2'] }],
        ]) {
            test(`${name} is refused with an alert`, async () => {
                await besideNeighbour(() => assert.rejects(page.connect(options), { code }));
            });
        }

        for (const version of ['TLSv1.2', 'TLSv1.3']) {
            test(`${version} with http/1.1 is spoken`, async () => {
                const other = await page.connect({
                    minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] });
                assert.equal(other.socket.getProtocol(), version);
                assert.equal(other.socket.alpnProtocol, 'http/1.1');
                assert.equal(readAnswer(await other.exchange(request())).result, '0');
            });
        }
    });
});
