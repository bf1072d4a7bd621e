/* The ServiSign protocol as pages meet it: bytes, ports, versions, sessions, last errors. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import {
    faces, formBody, pageHeaders, portalOrigin, readAnswer, requestBytes, toBase64,
} from '../lib/servisign.mjs';

const otherOrigin = 'https://other.example.tw:8443';
const thirdOrigin = 'https://third.example.tw';
const [version, installer] = ['1.0.26.0625', '1.0.26.0625'];
const byPathId = { PathID: faces.mac.PathID, comname: '', libdir: '' };

describe('the ServiSign protocol', { skip: skipDaemon() }, () => {
    let daemon;

    before(async () => {
        daemon = await startDaemon();
        daemon.addProduct('twin', {
            component: 'gpki', comnames: 'TwinAdapter', last_error: 'get_lastError',
        });
        await daemon.configure({ sites: [portalOrigin, otherOrigin, thirdOrigin] });
    });

    after(() => daemon?.stop());

    const common = [
        ['Content-Type', 'application/json; charset=utf-8'],
        ['Cache-Control', 'no-store'],
        ['X-Content-Type-Options', 'nosniff'],
        ['Content-Security-Policy', "default-src 'none'; sandbox; frame-ancestors 'none'"],
        ['Cross-Origin-Resource-Policy', 'same-origin'],
        ['Referrer-Policy', 'no-referrer'],
        ['Vary', 'Origin'],
        ['Access-Control-Allow-Origin', portalOrigin],
    ];
    const withoutDate = (headers) => headers.filter(([name]) => name !== 'Date');

    describe('bytes', () => {
        for (const name of ['Echo', 'ServiSignEcho']) {
            for (const [how, identity] of [['comname', {}], ['PathID', byPathId]]) {
                test(`${name} by ${how}`, async () => {
                    const page = daemon.newPage();
                    const call = { functionname: name, ...page.trailer(), ...identity };
                    const { status, headers, body } = await page.post(formBody(call));
                    assert.equal(status, 200);
                    assert.deepEqual(withoutDate(headers),
                        [...common, ['Content-Length', `${body.length}`]]);
                    const { SessionID } = readAnswer({ body });
                    assert.match(SessionID, /^[0-9a-f]{32}$/);
                    assert.equal(body, `{"result":"MA==","SessionID":"${toBase64(SessionID)}",`
                        + `"ServerVersion":"${toBase64(version)}",`
                        + `"LibVersion":"${toBase64(version)}",`
                        + `"InstallerVersion":"${toBase64(installer)}"}`);
                });
            }
        }

        test('a result is all that other answers have', async () => {
            const page = await daemon.openPage();
            const { body } = await page.post(formBody(page.buildCall('get_lastError', [])));
            assert.equal(body, '{"result":"MA=="}');
        });

        test('a service error is a result of status 200', async () => {
            const page = daemon.newPage();
            const call = { functionname: 'Echo', PathID: '0123456789ABCDEF0123456789ABCDEF' };
            const { status, headers, body } = await page.post(formBody(call));
            assert.deepEqual([status, body], [200, `{"result":"${toBase64('61009')}"}`]);
            assert.deepEqual(withoutDate(headers), [...common, ['Content-Length', '21']]);
        });

        test('a plus sign in the form is base64, not a space', async () => {
            const page = daemon.newPage();
            const call = { functionname: 'Echo', ...page.trailer(), hint: '~>~>~>' };
            const body = `Parameter=${toBase64(JSON.stringify(call))}`;
            assert.match(body, /\+/);
            assert.equal(readAnswer(await page.post(body)).result, '0');
        });
    });

    describe('preflight', () => {
        const methods = [
            ['Access-Control-Allow-Methods', 'POST'],
            ['Access-Control-Allow-Headers', 'content-type'],
            ['Access-Control-Max-Age', '600'],
        ];

        async function preflight(...more) {
            const page = daemon.newPage();
            const connection = await page.connect();
            const { status, headers, body } = await connection.exchange(requestBytes({
                method: 'OPTIONS',
                headers: [
                    ['Host', page.host], ['Origin', page.origin],
                    ['Access-Control-Request-Method', 'POST'], ...more],
            }));
            assert.deepEqual([status, body], [204, '']);
            return withoutDate(headers);
        }

        test('names one method and one header', async () => {
            const asked = ['Access-Control-Request-Headers', 'content-type, x-odd'];
            assert.deepEqual(await preflight(asked), [...methods, ...common]);
        });

        test('answers the private network question of older Chromiums', async () => {
            assert.deepEqual(
                await preflight(['Access-Control-Request-Private-Network', 'true']),
                [...methods, ['Access-Control-Allow-Private-Network', 'true'], ...common]);
        });
    });

    /* Every answer has to be the same on every door: the last probe decides what a page sees. */
    test('echo of a product after its last day is 61007', async () => {
        const product = (number, ends) => daemon.addProduct(`old ${number}`, {
            component: 'gpki', path_ids: `${number}`.repeat(32), server_version: version,
            library_version: version, installer_version: version, oldest_adapter: '1.0.17.0000',
            last_error: 'get_lastError', ends,
        });
        product(1, '2020-02-29');
        product(2, '9999-12-31');
        await daemon.reload();
        const page = daemon.newPage();
        const echo = async (number) => (await page.ask('Echo', {},
            { PathID: `${number}`.repeat(32) })).result;
        assert.deepEqual([await echo(1), await echo(2)], ['61007', '0']);
    });

    describe('echo on every port and address', () => {
        const rows = [
            ['0', {}],
            ['61009', { PathID: 'F'.repeat(32) }],
            ['61009', { PathID: '6BD4EA2493354E298DD0B09B72A5EA59' }], /* known, but not served */
            ['61902', { comname: 'UnknownAdapter' }],
            ['61902', { comname: '' }],
            ['61201', { minlibversion: '1.0' }],
            ['61201', { minserverversion: 'latest' }],
            ['61201', { JSVersion: '1.0.20.0423.1' }],
            ['61202', { JSVersion: '1.0.16.9999' }],
            ['61203', { minserverversion: '1.0.26.0626' }],
            ['61204', { minlibversion: '1.1.0.0000' }],
            ['0', { minserverversion: version, minlibversion: version, JSVersion: '1.0.17.0000' }],
        ];

        for (const which of [0, 1, 2]) {
            for (const [address, host] of [
                ['127.0.0.1', 'localhost'], ['127.0.0.1', '127.0.0.1'], ['::1', '[::1]'],
                ['::1', 'localhost'],
            ]) {
                test(`port ${which + 1}, ${host} at ${address}`, async () => {
                    const port = daemon.portsOf('gpki')[which];
                    const page = daemon.newPage({ port, address, host });
                    for (const [code, changes] of rows) {
                        const answer = await page.ask('ServiSignEcho', {}, changes);
                        assert.equal(answer.result, code, JSON.stringify(changes));
                        assert.equal('SessionID' in answer, code === '0');
                    }
                });
            }
        }

        test('versions come from the component map', async () => {
            daemon.addProduct('twin', {
                server_version: '2.3.4.0005', library_version: '3.4.5.0006',
                installer_version: '4.5.6.0007',
            });
            await daemon.configure({ sites: [portalOrigin, otherOrigin, thirdOrigin] });
            const page = daemon.newPage();
            const { SessionID, ...rest } = await page.ask('Echo', {}, { comname: 'TwinAdapter' });
            assert.deepEqual(rest, {
                result: '0', ServerVersion: '2.3.4.0005', LibVersion: '3.4.5.0006',
                InstallerVersion: '4.5.6.0007',
            });
        });
    });

    describe('sessions', () => {
        test('two pages get two', async () => {
            const [a, b] = [await daemon.openPage(), await daemon.openPage()];
            assert.notEqual(a.session, b.session);
        });

        test('an echo with a session keeps it', async () => {
            const page = await daemon.openPage();
            assert.equal((await page.ask('Echo')).SessionID, page.session);
        });

        test('an unknown one is 61012', async () => {
            const page = await daemon.openPage();
            page.session = '0'.repeat(32);
            assert.equal(await page.call('GPKI_DetectCard', 0), '61012');
            assert.equal(await page.call('get_lastError'), '61012');
        });

        test('that of another origin is 61012, and stays with its owner', async () => {
            const owner = await daemon.openPage();
            const thief = daemon.newPage({ origin: otherOrigin });
            thief.session = owner.session;
            assert.equal(await thief.call('GPKI_GetSlotCount'), '61012');
            assert.equal((await thief.ask('ServiSignRelease')).result, '0');
            assert.notEqual((await thief.ask('Echo')).SessionID, owner.session);
            assert.equal(await owner.call('GPKI_GetSlotCount'), '1');
        });

        test('that of another product is 61012', async () => {
            const page = await daemon.openPage();
            const call = { ...page.buildCall('GPKI_GetSlotCount', []), comname: 'TwinAdapter' };
            assert.equal(readAnswer(await page.post(formBody(call))).result, '61012');
        });

        test('ends with ServiSignRelease', async () => {
            const page = await daemon.openPage();
            assert.equal((await page.ask('ServiSignRelease')).result, '0');
            assert.equal(await page.call('GPKI_GetSlotCount'), '61012');
            assert.equal((await page.ask('ServiSignRelease')).result, '0');
        });

        test('after ServiSignForceRelease a page goes on with an empty id', async () => {
            const page = await daemon.openPage();
            assert.equal((await page.ask('ServiSignForceRelease')).result, '0');
            page.session = '';
            assert.equal(await page.call('GPKI_ReadFile', '/etc/hostname', 0), '');
            assert.equal(await page.lastError(), 5906);
            assert.equal(await page.call('GPKI_GetSlotCount'), '1');
            assert.equal(await page.lastError(), 0);
        });

        test('in browser mode the browser is the session, for each origin its own', async () => {
            const browserMode = { ServiSignTabMode: 1, sessionid: 'Firefox' };
            const ask = async (origin, name) => {
                const page = daemon.newPage({ origin });
                const call = { ...page.buildCall(name, []), ...browserMode };
                return readAnswer(await page.post(formBody(call))).result;
            };
            assert.equal(await ask(portalOrigin, 'NoSuchFunction'), '');
            assert.equal(await ask(portalOrigin, 'get_lastError'), '5004');
            assert.equal(await ask(otherOrigin, 'get_lastError'), '0');
            const echo = await daemon.newPage().ask('Echo', {}, browserMode);
            assert.equal(echo.SessionID, 'Firefox');
        });

        test('keeps its last error to itself until its next call', async () => {
            const [a, b] = [await daemon.openPage(), await daemon.openPage()];
            await a.call('NoSuchFunction');
            await b.call('GPKI_DetectCard', 0);
            assert.deepEqual([await a.lastError(), await b.lastError()], [5004, 0]);
            await b.call('GPKI_ReadFile', 'x', 0);
            assert.deepEqual([await a.lastError(), await b.lastError()], [5004, 5906]);
            await a.call('GPKI_DetectCard', 0);
            assert.deepEqual([await a.lastError(), await b.lastError()], [0, 5906]);
            await b.echo();
            assert.equal(await b.lastError(), 5906);
        });
    });

    test('ServiSignCheckUpdate does nothing and says so', async () => {
        const page = await daemon.openPage();
        assert.deepEqual(await page.ask('ServiSignCheckUpdate'), { result: '0' });
    });

    describe('the mailbox', () => {
        const put = async (page, members) => (await page.ask('setServiSignValue', {
            channel: 'token', domain_list: 'other.example.tw;elsewhere.example', timeout: '30',
            value: '票證 42', value_ServiSignHide: true, ...members,
        })).result;
        const get = async (page, channel = 'token') => (await page.ask('getServiSignValue',
            { channel, hide_result: true })).result;
        let portal;
        let other;
        let third;

        before(async () => {
            portal = await daemon.openPage();
            other = await daemon.openPage({ origin: otherOrigin });
            third = await daemon.openPage({ origin: thirdOrigin });
        });

        test('hands a value to the sites that it names', async () => {
            assert.equal(await put(portal), '0');
            assert.deepEqual([await get(portal), await get(other), await get(third)],
                ['票證 42', '票證 42', '']);
            assert.equal(await get(other, 'another'), '');
        });

        test('a new value takes the place of the old one', async () => {
            const members = { value: 'next', domain_list: 'third.example.tw' };
            assert.equal(await put(portal, members), '0');
            assert.deepEqual([await get(other), await get(third)], ['', 'next']);
        });

        test('one site cannot write over the value of another', async () => {
            await put(portal, { channel: 'mine' });
            await put(third, { channel: 'mine', value: 'forged' });
            assert.equal(await get(other, 'mine'), '票證 42');
        });

        test('a value ends', async () => {
            await put(portal, { channel: 'short', timeout: 1 });
            assert.equal(await get(portal, 'short'), '票證 42');
            await sleep(1100);
            assert.equal(await get(portal, 'short'), '');
        });

        test('a time that is no number is 61003, none at all 61004', async () => {
            assert.equal(await put(portal, { timeout: 'soon' }), '61003');
            assert.equal(await put(portal, { timeout: '' }), '61004');
        });

        test('what is too long is 61005', async () => {
            for (const members of [
                { channel: 'c'.repeat(129) },
                { domain_list: 'd'.repeat(1025) }, { value: 'v'.repeat(64 * 1024 + 1) },
            ]) {
                assert.equal(await put(portal, members), '61005', Object.keys(members)[0]);
            }
            assert.equal(await put(portal, { channel: 'c'.repeat(128) }), '0');
            assert.equal(await put(portal, { value: 'v'.repeat(64 * 1024) }), '0');
            assert.equal((await get(portal)).length, 64 * 1024);
        });
    });

    test('one connection serves many requests, one log line each', async () => {
        const page = await daemon.openPage();
        const connection = await page.connect();
        const body = formBody(page.buildCall('GPKI_GetSlotCount', []));
        const headers = pageHeaders({ host: page.host, length: body.length });
        const lines = await daemon.logOf(async () => {
            for (let i = 0; i < 20; i += 1) {
                const response = await connection.exchange(requestBytes({ headers, body }));
                assert.equal(readAnswer(response).result, '1');
            }
        });
        assert.equal(lines.length, 20);
        for (const line of lines) {
            assert.match(line, new RegExp(`^hufud: call: origin=${portalOrigin} product=gpki `
                + 'function=GPKI_GetSlotCount code=0 ms=\\d+$'));
        }
    });
});
