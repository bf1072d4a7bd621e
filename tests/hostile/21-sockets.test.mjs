/* Row 21: a WebSocket or another protocol, which CORS does not govern. T-21. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { changedRequest, drop, headers, sendToEnd, set } from '../lib/requests.mjs';

const webSocket = [['Upgrade', 'websocket'], ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='], ['Sec-WebSocket-Version', '13']];

describe('another protocol', { skip: skipDaemon() }, () => {
    let daemon;
    let page;

    before(async () => {
        daemon = await startDaemon();
        page = await daemon.openPage();
    });

    after(() => daemon?.stop());

    const more = (rows) => headers((list) => [
        ...list.filter(([name]) => name !== 'Connection'), ...rows]);
    const rows = [
        ['a WebSocket', 405, { method: 'GET', body: '', ...more(webSocket) }],
        ['a WebSocket without Sec-Fetch-Mode', 405, { method: 'GET', body: '', headers: (list) => (
            more(webSocket).headers(drop('Sec-Fetch-Mode').headers(list))) }],
        ['a WebSocket by POST', 403, more(webSocket)],
        ['a WebSocket with the mode of one', 403,
            { headers: (list) => more(webSocket).headers(
                set('Sec-Fetch-Mode', 'websocket').headers(list)) }],
        ['HTTP/2 in clear', 403, more([['Upgrade', 'h2c'], ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
            ['Connection', 'Upgrade, HTTP2-Settings']])],
        ['TLS in TLS', 403, more([['Upgrade', 'TLS/1.2'], ['Connection', 'Upgrade']])],
        ['an upgrade to nothing', 403, more([['Upgrade', '']])],
        ['a tunnel', 405, { method: 'CONNECT', body: '' }],
        ['WebDAV', 405, { method: 'PROPFIND', body: '' }],
    ];
    for (const [name, status, change] of rows) {
        test(`${name} is refused, and nobody switches`, async () => {
            const lines = await daemon.logOf(async () => {
                const response = await sendToEnd(page, changedRequest(page, change));
                assert.equal(response.status, status);
                assert.doesNotMatch(response.rest, /HTTP/);
                assert.ok(!response.headers.some(([header]) => /^(upgrade|sec-)/i.test(header)));
            });
            assert.equal(lines.length, 1);
            assert.match(lines[0], new RegExp(`^hufud: refused: status=${status} `));
        });
    }
});
