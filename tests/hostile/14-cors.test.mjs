/* Row 14: what hufud tells a browser about who may read its answers. T-14, T-43. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import {
    add, both, changedRequest, headerOf, is, sendToEnd, set,
} from '../lib/requests.mjs';
import { portalOrigin } from '../lib/servisign.mjs';

describe('a preflight', { skip: skipDaemon() }, () => {
    let daemon;
    let page;

    before(async () => {
        daemon = await startDaemon();
        page = daemon.newPage();
    });

    after(() => daemon?.stop());

    const preflight = (change) => changedRequest(page, {
        method: 'OPTIONS', body: '', ...both(add('Access-Control-Request-Method', 'POST'), change),
    });
    const allows = ({ headers }) => headers.filter(([name]) => /^Access-Control-/i.test(name));
    const known = [
        ['Access-Control-Allow-Methods', 'POST'], ['Access-Control-Allow-Headers', 'content-type'],
        ['Access-Control-Max-Age', '600'], ['Access-Control-Allow-Origin', portalOrigin],
    ];

    for (const origin of ['https://evil.example', 'null', `${portalOrigin}.evil.example`, '*']) {
        test(`of ${origin} is refused without a word`, async () => {
            const response = await sendToEnd(page, preflight(set('Origin', origin)));
            assert.deepEqual([response.status, response.body, response.rest], [403, '', '']);
            assert.deepEqual(allows(response), []);
        });
    }

    for (const [what, change] of [
        ['another method', set('Access-Control-Request-Method', 'DELETE')],
        ['a header that is not allowed',
            add('Access-Control-Request-Headers', 'authorization, x-odd, *')],
        ['a header with a line break', add('Access-Control-Request-Headers', 'x%0d%0aX-Evil: 1')],
        ['4 KiB of headers', add('Access-Control-Request-Headers', 'x-a,'.repeat(1024))],
        ['credentials', add('Cookie', 'a=b')],
    ]) {
        test(`that asks for ${what} hears what it always hears`, async () => {
            const connection = await page.connect();
            const response = await connection.exchange(preflight(change));
            connection.close();
            assert.deepEqual([response.status, response.body], [204, '']);
            assert.deepEqual(allows(response), known);
            assert.equal(headerOf(response, 'Vary'), 'Origin');
        });
    }

    test('and its request name the one origin, once, and no credentials', async () => {
        const connection = await page.connect();
        for (const bytes of [preflight(set('Accept', '*/*')), changedRequest(page, {})]) {
            const { headers } = await connection.exchange(bytes);
            assert.deepEqual(headers.filter(is('Access-Control-Allow-Origin')),
                [['Access-Control-Allow-Origin', portalOrigin]]);
            assert.deepEqual(headers.filter(is('Vary')), [['Vary', 'Origin']]);
            assert.deepEqual(headers.filter(is('Access-Control-Allow-Credentials')), []);
        }
        connection.close();
    });
});
