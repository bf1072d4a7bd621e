/* Row 4: any site uses the card, because origins are compared carelessly or not at all.
 * CVE-2019-3719, CVE-2025-3462. T-04, T-51, T-57. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import {
    add, both, changedRequest, drop, echoBody, headerOf, headers, repeat, sendToEnd, set,
} from '../lib/requests.mjs';
import { flagged, formBody, portalOrigin, readAnswer } from '../lib/servisign.mjs';

/* Each is nearly https://portal.example.tw, which is allowed. */
const nearly = [
    `${portalOrigin}:443`, 'https://evil.example/portal.example.tw', 'https://PORTAL.EXAMPLE.TW',
    'HTTPS://portal.example.tw', `${portalOrigin}.`, `${portalOrigin}@evil.example`,
    'https://evil.example@portal.example.tw', `${portalOrigin} evil`, `${portalOrigin}\tevil`,
    `${portalOrigin}/`, `${portalOrigin}?`, `${portalOrigin}#`, `${portalOrigin}\\`,
    `${portalOrigin},https://evil.example`, `${portalOrigin}, ${portalOrigin}`,
    `https://evil.example ${portalOrigin}`, `${portalOrigin}%00.evil.example`, 'https://*.example.tw', 'https://*',
    '*', 'https:///portal.example.tw', 'https:portal.example.tw', '//portal.example.tw',
    'portal.example.tw', 'https://portal.example.tw:', 'https://portal.example.tw:0443',
    'https://portal..example.tw', 'https://pörtal.example.tw', 'https://政府.tw',
];

/* Those have no site at all behind them. */
const nameless = [
    'null', '', 'file://', 'about:blank', 'data:', 'blob:https://portal.example.tw',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    'moz-extension://00000000-0000-4000-8000-000000000000', 'android-app://tw.example',
    `https://${'a'.repeat(8 * 1024)}`,
];

/* Well-formed, and nobody allowed them. */
const others = [
    `${portalOrigin}:444`, 'http://portal.example.tw', `${portalOrigin}.evil.example`,
    'https://xportal.example.tw', 'https://portal.example.twx', 'https://example.tw',
    'https://www.portal.example.tw', 'https://portal-example.tw', 'https://evil.example',
    'https://localhost:3000', 'https://[::1]', 'https://127.0.0.1',
    'https://xn--portal-zy3f.example.tw',
];

const changes = [
    ...[...nearly, ...nameless].map(
        (origin) => [`"${origin.slice(0, 60)}"`, set('Origin', origin)]),
    ['none', drop('Origin')],
    ['the same twice', repeat('Origin')],
    ['a second one, null', add('origin', 'null')],
    ['another before the good one', headers((list) => [['Origin', 'https://evil.example'],
        ...list])],
    ['only in the Referer', both(drop('Origin'), set('Referer', `${portalOrigin}/`))],
    ['hufud itself', set('Origin', () => `https://127.0.0.1:${own.port}`)],
];
const own = {};

describe('an origin', { skip: skipDaemon() }, () => {
    let daemon;
    let page;
    let calls;
    let refusal;

    before(async () => {
        daemon = await startDaemon();
        own.port = daemon.port;
        page = await daemon.openPage();
        calls = {
            Echo: echoBody(page),
            GPKI_DetectCard: formBody(page.buildCall('GPKI_DetectCard', [0])),
            GPKI_SignData: formBody(
                page.buildCall('GPKI_SignData', [daemon.pin, 'x', '', 0, 4])),
            /* What a page says of itself counts for nothing (TouchEn nxKey believed it). */
            origin: formBody({ functionname: 'Echo', ...page.trailer(), origin: portalOrigin,
                ...flagged('domain', portalOrigin) }),
        };
        const unknown = set('Origin', 'https://evil.example');
        const { headers: list, ...rest } = await sendToEnd(page, changedRequest(page, unknown));
        refusal = { ...rest, headers: list.filter(([name]) => name !== 'Date') };
    });

    after(() => daemon?.stop());

    /* Every refusal has the same bytes, whatever was asked for; and the log knows no call. */
    async function assertRefused(change, why) {
        for (const body of Object.values(calls)) {
            const lines = await daemon.logOf(async () => {
                const { headers: list, ...rest } = await sendToEnd(
                    page, changedRequest(page, { ...change, body }));
                const known = list.filter(([name]) => name !== 'Date');
                assert.deepEqual({ ...rest, headers: known }, refusal);
            });
            assert.deepEqual(lines, [`hufud: refused: status=403 why=${why}`]);
        }
    }

    test('that is unknown is refused without a word', () => {
        assert.deepEqual([refusal.status, refusal.body, refusal.rest], [403, '', '']);
        assert.equal(headerOf(refusal, 'Access-Control-Allow-Origin'), undefined);
        assert.equal(headerOf(refusal, 'Vary'), 'Origin');
    });

    for (const [name, change] of changes) {
        test(`${name} is refused`, () => (
            assertRefused(change, name === 'hufud itself'
                ? `Origin origin=https://127.0.0.1:${daemon.port}` : 'Origin')));
    }

    for (const origin of [`${portalOrigin}\0`, `${portalOrigin}\0.evil.example`,
        `${portalOrigin}\r\n .evil.example`, `${portalOrigin}\x7f`, `\x01${portalOrigin}`]) {
        test(`${JSON.stringify(origin)} is no header`, async () => {
            const lines = await daemon.logOf(async () => {
                const { status, body, rest, ...response } = await sendToEnd(
                    page, changedRequest(page, set('Origin', origin)));
                assert.ok(status === 400 || status === 403, `${status}`);
                assert.deepEqual([body, rest], ['', '']);
                assert.equal(headerOf(response, 'Access-Control-Allow-Origin'), undefined);
            });
            assert.doesNotMatch(lines.join('\n'), /call:/);
        });
    }

    for (const origin of others) {
        test(`${origin} is refused, and named in the log`, () => (
            assertRefused(set('Origin', origin), `Origin origin=${origin}`)));
    }

    test('that is allowed is heard, also by browsers that say less', async () => {
        for (const change of [
            {}, headers((list) => list.filter(([name]) => !/^(Sec-|Accept|Referer)/.test(name))),
            headers((list) => list.map(([name, value]) => [name.toLowerCase(), value])),
            set('Origin', `${portalOrigin} \t`), /* space around a value is not of it */
        ]) {
            const connection = await page.connect();
            const response = await connection.exchange(changedRequest(page, change));
            assert.equal(headerOf(response, 'Access-Control-Allow-Origin'), portalOrigin);
            assert.equal(readAnswer(response).result, '0');
        }
    });
});
