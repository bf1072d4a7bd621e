/* Row 13: a site that nobody allowed learns that hufu is there, which card, whose. T-13. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { changedRequest, sendToEnd, set } from '../lib/requests.mjs';
import { faces, formBody } from '../lib/servisign.mjs';

const unlisted = 'https://evil.example';
const rounds = 20;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

describe('an unlisted origin', { skip: skipDaemon() }, () => {
    let daemons;

    before(async () => {
        daemons = await Promise.all([{ cards: 'citizen' }, { cards: 'none' }].map(startDaemon));
    });

    after(() => Promise.all((daemons ?? []).map((daemon) => daemon.stop())));

    /* Everything but the date. */
    async function probe(daemon, options) {
        const page = daemon.newPage({ origin: unlisted });
        const start = performance.now();
        const { headers, ...rest } = await sendToEnd(page, changedRequest(page, options(page)));
        const ms = performance.now() - start;
        page.close();
        return { ms, answer: { ...rest, headers: headers.filter(([name]) => name !== 'Date') } };
    }

    const call = (name) => (page) => ({ body: formBody(page.buildCall(name, [])) });
    const probes = {
        Echo: (page) => ({ body: formBody({ functionname: 'Echo', ...page.trailer() }) }),
        'a preflight': () => ({ method: 'OPTIONS', body: '' }),
        'what is no call': () => ({ body: 'x' }),
        'asking for events': () => ({
            target: '/v1/events', body: '{}', ...set('Content-Type', 'text/plain') }),
        ...Object.fromEntries(faces.windows.functions.slice(0, 8).map(
            ([name]) => [name, call(name)])),
        GPKI_DetectCard: call('GPKI_DetectCard'),
        getServiSignValue: call('getServiSignValue'),
    };

    for (const [name, options] of Object.entries(probes)) {
        test(`cannot tell a card from none by ${name}`, async (t) => {
            const [card, none] = await Promise.all(daemons.map(async (daemon) => {
                const all = [];
                for (let i = 0; i < rounds; i += 1) {
                    all.push(await probe(daemon, options));
                }
                return all;
            }));
            assert.deepEqual([card[0].answer.status, card[0].answer.body], [403, '']);
            for (const { answer } of [...card, ...none]) {
                assert.deepEqual(answer, card[0].answer);
            }
            const [a, b] = [card, none].map((all) => median(all.map(({ ms }) => ms)));
            t.diagnostic(`median ${a.toFixed(2)} ms with a card, ${b.toFixed(2)} ms without`);
        });
    }

    test('makes no worker do anything', () => {
        for (const { log } of daemons) {
            assert.deepEqual(log.filter((line) => line.includes('call:')), []);
        }
    });
});
