/* POST /v1/events: a page that is told when readers and cards come and go. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';

import { childrenOf, isAlive, skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import {
    isInside, openscModule, orderCard, pivcard, runInside, startPcscd, stopPcscd,
} from '../lib/pcscd.mjs';
import { headerOf } from '../lib/requests.mjs';
import { portalOrigin } from '../lib/servisign.mjs';

const skip = skipDaemon(pivcard, 'pkg-config', 'unshare');
const reader = { name: 'Virtual PCD 00 00', card: true, held: false, mute: false, answers: true };
const second = { ...reader, name: 'Virtual PCD 00 01', card: false };
const unknown = 'https://unknown.example.tw';

function defineTests() {
    let daemon;
    let page;

    before(async () => {
        daemon = await startDaemon({ cards: 'none', more: ['--module', openscModule()] });
        page = daemon.newPage();
    });

    after(() => daemon?.stop());

    afterEach(async () => {
        orderCard('in');
        await until('the card', async () => (await next(0)).readers[0]?.card);
    });

    async function next(known) {
        const { status, body } = await page.event(known === undefined ? {} : { after: known });
        assert.equal(status, 200, body);
        return JSON.parse(body);
    }

    /* hufud has hufu run for other things as well. */
    const followers = () => childrenOf(daemon.monitor).filter((pid) => (
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0card\0')));

    /* Does what changes something; resolves with what a waiting page is told, and after how long. */
    async function change(action) {
        const { event } = await next();
        const answer = next(event);
        await action();
        const start = performance.now();
        const told = await answer;
        assert.notEqual(told.event, event);
        return { ...told, ms: performance.now() - start };
    }

    test('nothing runs for it until a page asks', async () => {
        assert.deepEqual(followers(), []);
        const first = await next();
        assert.deepEqual({ ...first, event: 0 },
            { event: 0, service: 'running', readers: [reader, second] });
        assert.equal(followers().length, 1);
    });

    test('a page that knows nothing, or something else, is answered at once', async () => {
        const { event } = await next();
        assert.equal((await next(event - 1)).event, event);
        assert.equal((await next(0)).event, event);
    });

    test('a card that is pulled and put back is told within a second', async (t) => {
        const times = [];
        for (let i = 0; i < 3; i += 1) {
            const out = await change(() => orderCard('out'));
            assert.equal(out.readers[0].card, false);
            const back = await change(() => orderCard('in'));
            assert.equal(back.readers[0].card, true);
            times.push(out.ms, back.ms);
        }
        t.diagnostic(times.map((ms) => `${ms.toFixed(0)} ms`).join(' '));
        times.sort((a, b) => a - b);
        assert.ok(times[2] < 1000, 'most of them, on a busy machine too');
    });

    test('all pages that wait are told', async () => {
        const { event } = await next();
        const others = [daemon.newPage(), daemon.newPage({ port: daemon.portsOf('gpki')[1] })];
        const answers = others.map(async (other) => (
            JSON.parse((await other.event({ after: event })).body)));
        const told = await change(() => orderCard('out'));
        for (const answer of await Promise.all(answers)) {
            assert.deepEqual(answer, { event: told.event, service: told.service, readers: told.readers });
        }
        assert.equal(followers().length, 1);
    });

    test('pcscd that crashes and comes back is told', async () => {
        const gone = await change(() => stopPcscd('SIGKILL'));
        assert.deepEqual([gone.service, gone.readers], ['absent', []]);
        const back = await change(() => startPcscd());
        assert.equal(back.service, 'running');
    });

    test('hufu card that is killed starts again by itself', async () => {
        const { event } = await next();
        const answer = next(event);
        const [follower] = followers();
        process.kill(follower, 'SIGKILL');
        await until('its end', () => !isAlive(follower));
        await until('another', () => followers().length === 1);
        orderCard('out');
        assert.equal((await answer).readers[0].card, false);
    });

    test('without news a page is answered all the same, in time', async () => {
        const { event } = await next();
        const start = performance.now();
        assert.equal((await next(event)).event, event);
        const seconds = (performance.now() - start) / 1000;
        assert.ok(seconds > 24 && seconds < 40, `${seconds} s`);
    });

    test('the number is not the same again after another hufud', async () => {
        const { event } = await next();
        const other = await startDaemon({ cards: 'none', more: ['--module', openscModule()] });
        try {
            const { body } = await other.newPage().event({ after: event });
            assert.ok(JSON.parse(body).event > event);
        } finally {
            await other.stop();
        }
    });
}

/* What needs no reader. */
function definePlainTests() {
    let daemon;
    let page;

    before(async () => {
        daemon = await startDaemon();
        page = daemon.newPage();
    });

    after(() => daemon?.stop());

    test('both content types are taken, others are not', async () => {
        for (const [type, status] of [['text/plain', 200], ['application/json', 200],
            ['application/x-www-form-urlencoded', 415], ['text/html', 415], ['text/plainer', 415]]) {
            assert.equal((await page.event({}, { type })).status, status, type);
        }
    });

    test('what is no request is 400, and what is too long 413', async () => {
        for (const body of ['', 'x', '[]', '{"after":-1}', '{"after":1.5}', '{"after":"1"}',
            '{"after":null}', '{"after":{}}', '{"after":1,"after":2}', `{"after":${'9'.repeat(17)}}`]) {
            const { status, body: text, headers } = await page.event(body);
            assert.deepEqual([status, text], [400, '{"code":61005}'], body);
            assert.equal(headerOf({ headers }, 'Access-Control-Allow-Origin'), portalOrigin);
        }
        assert.equal((await page.event(`{"after":1${' '.repeat(256)}}`)).status, 413);
    });

    test('a site that may not see gets 403 and opens no window', async () => {
        await daemon.configure({ ask: true });
        const stranger = daemon.newPage({ origin: unknown });
        const windows = childrenOf(daemon.monitor).length;
        const { status, body, headers } = await stranger.event();
        assert.deepEqual([status, body], [403, '']);
        assert.equal(headerOf({ headers }, 'Access-Control-Allow-Origin'), undefined);
        assert.equal(childrenOf(daemon.monitor).length, windows);
        await daemon.configure({});
    });

    test('a site that loses its permission while it waits is told nothing more', async () => {
        const { event } = JSON.parse((await page.event()).body);
        const connection = await page.connect();
        const waiting = page.event({ after: event }, { connection });
        await page.event({ after: 0 }); /* by now the other one waits */
        await daemon.configure({ sites: [] });
        assert.equal((await waiting).status, 403);
        await daemon.configure({});
    });

    test('the use log has one line for a visit', async () => {
        await page.event();
        await page.event();
        const { events } = JSON.parse(await daemon.sandbox.hufu('log', '--json'));
        assert.deepEqual(events.filter(({ use }) => use === 'see')
            .map(({ origin, code }) => [origin, code]), [[portalOrigin, 0]]);
    });
}

if (skip || isInside) {
    describe('events', { skip }, defineTests);
} else {
    describe('requests for events', { skip: skipDaemon() }, definePlainTests);
    const reason = runInside(import.meta.url, 'citizen');
    if (reason) {
        test('events', { skip: reason }, () => {});
    }
}
