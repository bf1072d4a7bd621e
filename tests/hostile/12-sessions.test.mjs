/* Row 12: one tab uses what another site's tab has: its session, its running call, its values, its
 * PIN. T-12, T-45, T-49, and of row 26 that a PIN serves nobody else. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { faces, formBody, portalOrigin, readAnswer } from '../lib/servisign.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';

const otherOrigin = 'https://other.example.tw';
const unlisted = 'https://evil.example';
const sha256 = 4;

describe('two origins in two tabs', { skip: skipDaemon() }, () => {
    let daemon;
    let windows;
    let a;
    let b;

    before(async () => {
        daemon = await startDaemon({ pinentry });
        windows = new Windows(daemon);
        await daemon.configure({
            sites: [portalOrigin, otherOrigin], pin: { program: pinentry },
            session: { heartbeat: 1 },
        });
        a = await daemon.openCardPage();
        b = await daemon.openCardPage({ origin: otherOrigin });
    });

    after(() => daemon?.stop());

    const sign = (pin) => ['GPKI_SignData', pin, 'x', '', 0, sha256];

    test('the PIN of A signs for A, and B is asked for one of its own', async () => {
        await assertSigned(await a.call(...sign(daemon.pin)), daemon.sandbox.hierarchy, 'x');
        const answer = b.call(...sign(''));
        await windows.cancel();
        assert.equal(await answer, '');
        assert.equal(await b.lastError(), 5070);
    });

    test('the session of A is unknown to B, whatever B asks with it', async () => {
        const thief = daemon.newPage({ origin: otherOrigin });
        thief.session = a.session;
        for (const [name] of faces.windows.functions) {
            if (!['get_lastError', 'GetVersion'].includes(name)) {
                assert.equal(await thief.call(name), '61012', name);
            }
        }
        for (const name of ['ServiSignRelease', 'ServiSignForceRelease']) {
            await thief.ask(name);
        }
        assert.notEqual((await thief.ask('Echo')).SessionID, a.session);
        assert.equal(await a.call('GPKI_GetSlotCount'), '1');
    });

    test('the name of a browser is no session of another origin', async () => {
        const browserMode = { ServiSignTabMode: 1, sessionid: 'Chrome' };
        const ask = async (page, name) => readAnswer(await page.post(formBody(
            { ...page.buildCall(name, []), ...browserMode }))).result;
        assert.equal(await ask(a, 'NoSuchFunction'), '');
        assert.equal(await ask(a, 'get_lastError'), '5004');
        assert.equal(await ask(b, 'get_lastError'), '0');
    });

    test('a call of A that runs cannot be polled by B', async () => {
        const owner = await daemon.openCardPage({ face: faces.mac });
        const call = owner.call(...sign(''));
        const window = await windows.one();
        const thief = daemon.newPage({ origin: otherOrigin, face: faces.mac });
        thief.session = owner.session;
        assert.equal(await thief.call(...sign('')), '61012');
        thief.session = '';
        assert.equal(await windows.one(), window);
        await windows.type(daemon.pin);
        await assertSigned(await call, daemon.sandbox.hierarchy, 'x');
    });

    test('two tabs of one site and one session are served one after another', async () => {
        const twin = daemon.newPage();
        twin.session = a.session;
        const results = await Promise.all(Array.from({ length: 6 }, (_, i) => (
            [a, twin][i % 2].call('GPKI_GetSlotCount'))));
        assert.deepEqual(results, Array(6).fill('1'));
        const signatures = await Promise.all([a, twin].map((page) => (
            page.call(...sign(daemon.pin)))));
        for (const signature of signatures) {
            await assertSigned(signature, daemon.sandbox.hierarchy, 'x');
        }
    });

    test('a worker that is killed in A is nothing to B', async () => {
        const answer = a.call(...sign(''));
        const window = await windows.one();
        process.kill(a.worker, 'SIGKILL');
        assert.equal(await answer, '61105');
        assert.equal(await b.call('GPKI_GetSlotCount'), '1');
        await until('the end of the window', () => !windows.open.includes(window));
        await daemon.quiet();
        assert.equal(await a.call('GPKI_GetSlotCount'), '1');
    });

    describe('a value', () => {
        const put = async (page, members) => (await page.ask('setServiSignValue', {
            channel: 'token', domain_list: 'elsewhere.example', timeout: '30', value: 'secret',
            ...members })).result;
        const get = async (page, channel = 'token', members = {}) => (
            await page.ask('getServiSignValue', { channel, ...members })).result;

        test('of A is read by A', async () => {
            assert.equal(await put(a), '0');
            assert.equal(await get(a), 'secret');
        });

        test('of A is nothing to B, with A\'s session and channel too', async () => {
            await put(a);
            const thief = daemon.newPage({ origin: otherOrigin });
            thief.session = a.session;
            assert.notEqual(await get(thief), 'secret');
            for (const members of [
                { domain_list: 'other.example.tw' }, { origin: portalOrigin },
                { domain: 'elsewhere.example' },
            ]) {
                assert.equal(await get(b, 'token', members), '');
            }
        });

        for (const list of [
            '*', '*.example.tw', '.example.tw', 'example.tw', 'xother.example.tw',
            'other.example.tw.evil', 'OTHER.example.tw.', 'https://', '', ';;', ' ', 'other',
            'evil@other.example.tw', 'other.example.tw:8443',
        ]) {
            test(`for "${list}" is nothing to B`, async () => {
                await put(a, { domain_list: list, channel: `c${list}` });
                assert.equal(await get(b, `c${list}`), '');
            });
        }
    });

    test('sessions are 128 bits, and none looks like another', async () => {
        const pages = await Promise.all(Array.from({ length: 40 }, () => daemon.openPage()));
        const ids = pages.map(({ session }) => session);
        ids.forEach((id) => assert.match(id, /^[0-9a-f]{32}$/));
        assert.equal(new Set(ids.map((id) => id.slice(0, 8))).size, 40);
        assert.equal(new Set(ids.map((id) => id.slice(-8))).size, 40);
        for (const page of pages) {
            await page.ask('ServiSignRelease');
            page.close();
        }
    });

    test('an unlisted origin with A\'s session hears nothing', async () => {
        const stranger = daemon.newPage({ origin: unlisted });
        stranger.session = a.session;
        const { status, body } = await stranger.post(formBody(
            stranger.buildCall('GPKI_DetectCard', [0])));
        assert.deepEqual([status, body], [403, '']);
    });
});

describe('a site that may see a card and no more', { skip: skipDaemon() }, () => {
    const seer = 'https://seer.example.tw';
    const code = 61906; /* HUFU_E_DENIED */
    let daemon;
    let windows;
    let owner;
    let page;

    before(async () => {
        daemon = await startDaemon({ pinentry });
        windows = new Windows(daemon);
        await daemon.configure({ pin: { program: pinentry }, session: { heartbeat: 1 } });
        await daemon.sandbox.hufu('sites', 'allow', seer, 'see');
        owner = await daemon.openCardPage({ face: faces.mac });
        await until('allowed', async () => {
            const { status } = await daemon.newPage({ origin: seer }).post(formBody(
                owner.buildCall('Echo', [])));
            return status === 200;
        });
        page = await daemon.openCardPage({ origin: seer });
    });

    after(() => daemon?.stop());

    test('sees it', async () => {
        assert.equal(await page.call('GPKI_DetectCard', 0), '1');
    });

    for (const call of [
        ['GPKI_SignData', '', 'x', '', 0, sha256], ['GPKI_SignData', '123456', 'x', '', 0, sha256],
        ['GPKI_PureSign', '123456', 'x', '', 0, sha256], ['GPKI_EnumCerts', 0],
        ['GPKI_EnumCerts', 0x80], ['GPKI_GetCachedCert'], ['GPKI_VerifyPIN', '123456', 0],
        ['GPKI_VerifyPIN', '', 0],
    ]) {
        test(`gets nothing by ${call.join(' ')}`, async () => {
            const result = await page.call(...call);
            assert.ok(['', `${code}`].includes(result), result);
            assert.equal(await page.lastError(), code);
            assert.deepEqual(windows.open, []);
        });
    }

    test('gets none of it while another site signs, with all that it may know of that', async () => {
        const sign = ['GPKI_SignData', '', 'x', '', 0, sha256];
        const call = owner.call(...sign);
        const window = await windows.one();
        const thief = daemon.newPage({ origin: seer, face: faces.mac });
        thief.session = owner.session;
        assert.equal(await thief.call(...sign), '61012');
        thief.session = page.session;
        assert.equal(await thief.call(...sign), '');
        assert.equal(await thief.lastError(), code);
        assert.equal(await windows.one(), window);
        await windows.type(daemon.pin);
        await assertSigned(await call, daemon.sandbox.hierarchy, 'x');
        assert.equal(await page.call(...sign), '');
    });

    test('reads no value of another site', async () => {
        await owner.ask('setServiSignValue', { channel: 'token', domain_list: 'elsewhere.example',
            timeout: '30', value: 'secret' });
        assert.equal((await page.ask('getServiSignValue', { channel: 'token' })).result, '');
    });

    test('sees none any more once that is taken back, in its open session too', async () => {
        await daemon.sandbox.hufu('sites', 'refuse', seer, 'see');
        await until('refused', async () => {
            const { status, body } = await page.post(formBody(
                page.buildCall('GPKI_DetectCard', [0])));
            return status === 403 && body === '';
        });
    });
});
