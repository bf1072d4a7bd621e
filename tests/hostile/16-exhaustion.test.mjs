/* Row 16: slow clients and many of them use up what hufud has. T-16; the long form is
 * tests/hostile/soak. */
import '../lib/plain.mjs';

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { assertSigned } from '../lib/cms.mjs';
import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { portalOrigin } from '../lib/servisign.mjs';
import { filesOf, kibOf } from './load.mjs';
import { startSlowClients } from './slow.mjs';

const clients = 560; /* more than there is room for */
const seconds = 10;

/* Listening sockets, workers and what libraries keep beside the connections. */
const filesMax = clients + 100;
const kibMax = 64 * 1024;

describe('pages that wait for events', { skip: skipDaemon() }, () => {
    const sites = Array.from({ length: 12 }, (_, i) => `https://site${i}.example.tw`);
    const perSite = 6;
    const most = 64;
    let daemon;

    before(async () => {
        daemon = await startDaemon();
        await daemon.configure({ sites: [portalOrigin, ...sites] });
    });

    after(() => daemon?.stop());

    test('are as many as there is room for, and keep nobody from a signature', async () => {
        const page = await daemon.openCardPage();
        const { event } = JSON.parse((await page.event()).body);
        const waiters = sites.flatMap((origin) => Array.from({ length: perSite + 1 }, () => (
            daemon.newPage({ origin }))));
        const answers = [];
        const done = waiters.map((waiter) => (
            waiter.event({ after: event }).then(({ status, body }) => answers.push([status, body]),
                () => {})));
        await until('the refusals', () => answers.length >= waiters.length - most);
        const refused = [503, '{"code":61010}'];
        assert.deepEqual(answers, Array.from({ length: waiters.length - most }, () => refused));
        const signature = await page.call('GPKI_SignData', daemon.pin, 'x', '', 0, 4);
        await assertSigned(signature, daemon.sandbox.hierarchy, 'x');
        waiters.forEach((waiter) => waiter.close());
        await Promise.all(done);
        /* There is room again. */
        const again = daemon.newPage({ origin: sites[0] });
        const { status } = await until('room', async () => {
            const response = await again.event({ after: 1 });
            return response.status === 200 && response;
        });
        assert.equal(status, 200);
    });
});

describe(`${clients} slow clients`, { skip: skipDaemon() }, () => {
    let daemon;

    before(async () => {
        daemon = await startDaemon();
    });

    after(() => daemon?.stop());

    test('keep no page from its answer and its signature', async () => {
        const first = await daemon.openCardPage();
        first.close();
        const files = filesOf(daemon.pid);
        const slow = await startSlowClients(daemon.port, clients);
        try {
            await until('the attack', () => filesOf(daemon.pid) > files + 400);
            let rounds = 0;
            for (const end = Date.now() + seconds * 1000; Date.now() < end; rounds += 1) {
                const page = await daemon.openPage();
                assert.equal(await page.call('GPKI_GetSlotCount'), '1');
                await daemon.quiet();
                const signature = await page.call('GPKI_SignData', daemon.pin, 'x', '', 0, 4);
                await assertSigned(signature, daemon.sandbox.hierarchy, 'x');
                await page.ask('ServiSignRelease');
                page.close();
                assert.ok(filesOf(daemon.pid) < filesMax);
                assert.ok(kibOf(daemon.pid) < kibMax);
                await sleep(200);
            }
            assert.ok(rounds > 5, `${rounds}`);
        } finally {
            await slow.end();
        }
        await until('their end', () => filesOf(daemon.pid) <= files + 2, 45);
    });
});
