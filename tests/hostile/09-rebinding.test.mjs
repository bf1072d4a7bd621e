/* Row 9: a site makes its own name mean 127.0.0.1. CVE-2024-28224, CVE-2025-66414, -66416,
 * CVE-2026-11624. T-09, T-52. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { browsers } from '../lib/browsers.mjs';
import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { skipWithout } from '../lib/programs.mjs';
import {
    add, changedRequest, drop, headers, rename, repeat, sendToEnd, set,
} from '../lib/requests.mjs';
import { readAnswer } from '../lib/servisign.mjs';
import { startVisit } from './site.mjs';

const names = [
    'evil.example', '127.0.0.1.nip.io', 'localhost.', 'LOCALHOST', 'Localhost',
    'localhost.evil.example', 'localhost.localdomain', 'xlocalhost', 'a.localhost', '127.1',
    '127.0.0.2', '127.0.0.1.', '127.0.0.01', '0.0.0.0', '0', '2130706433', '0x7f000001',
    '017700000001', '[::ffff:127.0.0.1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::1%25lo]', '::1',
    'user@localhost', 'user:pw@localhost', 'localhost/', 'localhost#', 'localhost,evil.example',
    'localhost evil.example', 'localhost\t', '',
];

describe('a Host', { skip: skipDaemon() }, () => {
    let daemon;
    let page;

    before(async () => {
        daemon = await startDaemon();
        page = await daemon.openPage();
    });

    after(() => daemon?.stop());

    const rows = [
        ...names.map((name) => [`"${name}"`, set('Host', () => `${name}:${daemon.port}`)]),
        ['with the port of https', set('Host', 'localhost:443')],
        ['with zeros before the port', set('Host', () => `localhost:0${daemon.port}`)],
        ['with a sign before the port', set('Host', () => `localhost:+${daemon.port}`)],
        ['with two ports', set('Host', () => `localhost:${daemon.port}:${daemon.port}`)],
        ['that is missing', drop('Host')],
        ['that comes twice', repeat('Host')],
        ['after another one', headers((list) => [['Host', 'evil.example'], ...list])],
    ];
    for (const [name, change] of rows) {
        test(`${name} is refused`, async () => {
            const lines = await daemon.logOf(async () => {
                const { status, body, rest } = await sendToEnd(page, changedRequest(page, change));
                assert.deepEqual([status, body, rest], [403, '', '']);
            });
            assert.deepEqual(lines, ['hufud: refused: status=403 why=Host']);
        });
    }

    /* As a port forwarder has it. A site that was agreed to is told the code of that, and nothing
     * happens; every other one hears nothing. */
    for (const [name, host] of [
        ['without a port', () => 'localhost'],
        ['with the port of another service', () => `localhost:${daemon.port + 1}`],
    ]) {
        test(`${name} is refused with a code`, async () => {
            const lines = await daemon.logOf(async () => {
                const { status, body, rest } = await sendToEnd(page,
                    changedRequest(page, set('Host', host)));
                assert.deepEqual([status, readAnswer({ body }), rest],
                    [403, { result: '61904' }, '']);
            });
            assert.deepEqual(lines, ['hufud: refused: status=403 why=Host']);
        });

        test(`${name} tells a site that nobody allowed nothing`, async () => {
            const other = daemon.newPage({ origin: 'https://evil.example' });
            const { status, body, headers: lines } = await sendToEnd(other,
                changedRequest(other, set('Host', host)));
            assert.deepEqual([status, body], [403, '']);
            assert.deepEqual(lines.filter(([line]) => /^access-control/i.test(line)), []);
        });
    }

    for (const [name, change, statuses] of [
        ['with a space before the colon', rename('Host', 'Host '), [400, 403]],
        ['on a second line', set('Host', () => `localhost:${daemon.port}\r\n .evil`), [400, 403]],
        ['of an address in the request line', { target: 'https://evil.example/' }, [400, 404]],
        ['of another service in the request line',
            { target: () => `https://localhost:${daemon.port}/` }, [400, 404]],
        ['with X-Forwarded-Host', add('X-Forwarded-Host', 'evil.example'), [200]],
    ]) {
        test(`${name} changes nothing`, async () => {
            const { target } = change;
            const connection = await page.connect();
            const { status, body } = await connection.exchange(changedRequest(page,
                { ...change, target: typeof target === 'function' ? target() : target }));
            connection.close();
            assert.ok(statuses.includes(status), `${status}`);
            assert.ok(status === 200 || !body.includes('SessionID'));
        });
    }

    for (const [address, host] of [
        ['127.0.0.1', 'localhost'], ['127.0.0.1', '127.0.0.1'], ['127.0.0.1', '[::1]'],
        ['::1', 'localhost'], ['::1', '127.0.0.1'], ['::1', '[::1]'],
    ]) {
        test(`${host} is hufud at ${address}, and nothing else is different`, async () => {
            const other = daemon.newPage({ address, host });
            const connection = await other.connect();
            const response = await connection.exchange(changedRequest(other, {}));
            const { SessionID, ...rest } = readAnswer(response);
            const same = await (await page.connect()).exchange(changedRequest(page, {}));
            const { SessionID: own, ...known } = readAnswer(same);
            assert.deepEqual(rest, known);
            assert.deepEqual(response.headers.filter(([name]) => name !== 'Date'),
                same.headers.filter(([name]) => name !== 'Date'));
            other.close();
        });
    }
});

for (const browser of browsers) {
    const skip = skipDaemon('certutil') || skipWithout(...browser.needs);
    describe(`a name that means 127.0.0.1 in ${browser.name}`, { skip }, () => {
        const host = 'rebound.example';
        let visit;

        before(async () => {
            visit = await startVisit(browser, { host });
        });

        after(() => visit?.stop());

        const read = (target) => fetch(target, { method: 'POST', body: new URLSearchParams() })
            .then(({ status }) => status, () => 'refused by the browser');

        test('has no certificate', async () => {
            const page = await visit.newPage();
            const target = `https://${host}:${visit.daemon.port}/`;
            const refusals = await visit.daemon.logOf(async () => {
                assert.equal(await page.evaluate(read, target), 'refused by the browser');
            }, /TLS refused/);
            for (const line of refusals) {
                assert.match(line, /^hufud: TLS refused \(\d+\): a name other than localhost asked for/);
            }
            /* The last line of the log shows that the browser does come to hufud. */
            const lines = await visit.daemon.logOf(
                () => page.evaluate(read, `https://localhost:${visit.daemon.port}/`), /refused/);
            assert.deepEqual(lines,
                [`hufud: refused: status=403 why=Origin origin=https://${host}`]);
            await page.close();
        });
    });
}
