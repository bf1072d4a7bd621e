/* Row 20: a proxy stands between the browser and hufud, or somebody says that one does. T-20. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { add, changedRequest, sendToEnd } from '../lib/requests.mjs';

describe('a request through a proxy', { skip: skipDaemon() }, () => {
    let daemon;
    let page;

    before(async () => {
        daemon = await startDaemon();
        page = await daemon.openPage();
    });

    after(() => daemon?.stop());

    for (const [name, value] of [
        ['Via', '1.1 proxy'], ['via', '1.1 proxy'], ['VIA', ''], ['Forwarded', 'for=192.0.2.1'],
        ['X-Forwarded-For', '127.0.0.1'], ['x-forwarded-for', ''],
    ]) {
        test(`with ${name}: ${value} is refused`, async () => {
            const lines = await daemon.logOf(async () => {
                const { status, body, rest } = await sendToEnd(
                    page, changedRequest(page, add(name, value)));
                assert.deepEqual([status, body, rest], [403, '', '']);
            });
            assert.equal(lines.length, 1);
            assert.match(lines[0], new RegExp(`^hufud: refused: status=403 why=${name}$`, 'i'));
        });
    }

    for (const target of ['evil.example:443', 'http://evil.example/', 'https://evil.example/x']) {
        test(`a request to ${target} goes nowhere`, async () => {
            for (const method of ['CONNECT', 'GET', 'POST']) {
                const { status, rest } = await sendToEnd(
                    page, changedRequest(page, { method, target, body: '' }));
                assert.ok(status >= 400 && status < 500, `${method} ${status}`);
                assert.doesNotMatch(rest, /HTTP/);
            }
        });
    }
});
