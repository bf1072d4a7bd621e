/* Row 6: a parameter from the web is longer, or shorter, than the memory behind it.
 * CVE-2020-25843, CVE-2020-25844, CVE-2022-39061, CVE-2021-26606. T-06; the parsers themselves are
 * in tests/fuzz. With the sanitizers, one byte too far ends the process. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { add, changedRequest, set } from '../lib/requests.mjs';
import { faces, flagged, formBody } from '../lib/servisign.mjs';
import { answerTo } from './inputs.mjs';

const powers = [6, 7, 8, 9, 10, 11, 12, 13, 16].map((power) => 2 ** power);
const lengths = [0, 1, 3, ...powers.flatMap((length) => [length - 1, length, length + 1])];
const mib = 1024 * 1024;

describe('a length at its bound', { skip: skipDaemon() }, () => {
    let daemon;
    let page;
    let pids;

    before(async () => {
        daemon = await startDaemon({ pinentry: '/bin/false' });
        page = await daemon.openCardPage();
        pids = [daemon.pid, page.worker];
    });

    after(async () => {
        try {
            assert.deepEqual([daemon?.pid, page?.worker], pids);
            assert.equal(await page?.call('GPKI_GetSlotCount'), '1');
            assert.deepEqual(daemon?.log.filter((line) => line.includes('worker ended')), []);
        } finally {
            await daemon?.stop();
        }
    });

    for (const [face, { functions }] of Object.entries(faces)) {
        for (const [name, parameters] of functions) {
            test(`in ${name} (${face})`, async () => {
                const names = parameters.split(' ').filter(Boolean);
                const own = Object.assign(daemon.newPage({ face: faces[face] }),
                    { session: page.session });
                for (const length of lengths) {
                    const text = 'A'.repeat(length);
                    await own.call(name, ...names.map(() => text));
                    for (let i = 0; length > 4000 && i < names.length; i += 1) {
                        await own.call(name, ...names.map((_, n) => (n === i ? text : '0')));
                    }
                }
                own.close();
            });
        }
    }

    test('in each member of a call', async () => {
        const call = { functionname: 'GPKI_GetSlotCount', ...page.trailer() };
        for (const member of Object.keys(call)) {
            for (const length of lengths) {
                await page.post(formBody({ ...call, [member]: 'A'.repeat(length) }));
                await page.post(formBody({ ...call, functionname: 'Echo',
                    [member]: 'A'.repeat(length) }));
            }
        }
        for (const length of lengths) {
            await page.post(formBody({ ...call, ['n'.repeat(length)]: 'x' }));
            await page.post(formBody({ ...call, ...flagged('n'.repeat(length), 'x') }));
            await page.post(formBody({ ...call, functionname: 'setServiSignValue',
                channel: 'c'.repeat(length), domain_list: 'd'.repeat(length), timeout: '1',
                value: 'v'.repeat(length) }));
        }
    });

    test('in the number of arguments', async () => {
        for (const count of [15, 16, 17, 64, 1024]) {
            await page.call('GPKI_GetSlotCount', ...Array(count).fill('0'));
        }
    });

    test('in a header, a path and a method', async () => {
        for (const length of lengths) {
            const text = 'a'.repeat(length);
            for (const change of [
                set('Host', text), set('Origin', `https://${text}`), set('Content-Type', text),
                add(`X${text}`, 'x'), add('X', text), { target: `/${text}` },
                { method: `P${text}`, body: '' },
            ]) {
                await answerTo(page, changedRequest(page, change));
            }
        }
    });

    test('in a signature that is claimed to be one', async () => {
        for (const length of [1, 255, 256, 65_536, mib]) {
            const data = Buffer.alloc(length, 0x30).toString('base64');
            for (const flags of [0, 0x2000, 0x1000, 0xffff, 0x7fffffff]) {
                for (const hash of [0, 1, 4, 2 ** 31 - 1]) {
                    await page.call('GPKI_PureSign', daemon.pin, data, '', flags, hash);
                }
            }
        }
    });

    test('where a body is not as long as it says', async () => {
        const body = formBody({ functionname: 'Echo', ...page.trailer() });
        for (const difference of [-body.length, -1, 1, mib]) {
            const connection = await page.connect();
            connection.socket.end(changedRequest(page,
                { body, ...set('Content-Length', body.length + difference) }));
            const text = `${await connection.closed()}`;
            assert.ok(difference < 0 || !text.includes('SessionID'), `${difference}`);
        }
    });
});
