/* Row 22: markup or a script on hufud's own origin. CVE-2024-12641. T-22. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { add, changedRequest, headerOf, sendToEnd, set } from '../lib/requests.mjs';
import { answerTo, inputsOf } from './inputs.mjs';

const always = {
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
};

describe('an answer', { skip: skipDaemon() }, () => {
    let daemon;
    let page;
    const names = Object.keys(inputsOf({ host: 'localhost:1', origin: 'x', trailer: () => ({}) }));

    before(async () => {
        daemon = await startDaemon();
        page = await daemon.openPage();
    });

    after(() => daemon?.stop());

    for (const name of names) {
        test(`to ${name} is no page and no script`, async () => {
            const response = await answerTo(page, inputsOf(page)[name]);
            if (!response) { /* the connection ended without a word */
                return;
            }
            assert.equal(headerOf(response, 'Content-Type') ?? 'application/json; charset=utf-8',
                'application/json; charset=utf-8');
            assert.doesNotMatch(response.body, /<|script|\(/i);
            for (const [header, value] of Object.entries(always)) {
                assert.equal(headerOf(response, header), value, header);
            }
            assert.equal(headerOf(response, 'Location'), undefined);
        });
    }

    test('to what names a service worker is a refusal', async () => {
        for (const value of ['script', '', 'x']) {
            const lines = await daemon.logOf(async () => {
                const { status, body } = await sendToEnd(
                    page, changedRequest(page, add('Service-Worker', value)));
                assert.deepEqual([status, body], [403, '']);
            });
            assert.deepEqual(lines, ['hufud: refused: status=403 why=Service-Worker']);
        }
    });

    test('has no header that the request wrote', async () => {
        for (const evil of ['x%0d%0aSet-Cookie: a=b', 'x\\r\\nX-Evil: 1', 'x\u0085X-Evil: 1']) {
            for (const change of [
                set('Referer', evil), add('X-Odd', evil), add('Accept-Language', evil),
                { target: `/?url=${encodeURI(evil)}` },
            ]) {
                const response = await answerTo(page, changedRequest(page, change));
                for (const [name, value] of response.headers) {
                    assert.doesNotMatch(`${name}: ${value}`, /evil|cookie/i);
                }
            }
        }
    });
});
